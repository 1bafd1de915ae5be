"""Layer types, fields and enum values that forks of Caffe add, and which forks.

``forks.tsv`` beside this file is the only list of them. What Layerzoo takes over leaves the list.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

LAYER: Final = "layer"
"""The first column of a layer type's row."""


def forks_with_type(name: str) -> str | None:
    """The forks that have a layer type, for a message; None where none is known."""
    return _named(LAYER, name)


def forks_with(message: str, name: str) -> str | None:
    """The forks that add a field to a message, or a value to an enum, for a message; None where none does.

    Args:
        message: the message's name, or an enum's with the message it stands in: ``PoolingParameter.Engine``.
        name: the field or value.
    """
    return _named(message, name)


@cache
def table() -> dict[tuple[str, str], str]:
    """The forks, separated by commas, by (``layer``, message or enum; layer type, field or value)."""
    text = files("layerzoo").joinpath("forks.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {(of, name): forks for of, name, forks in rows}


def _named(of: str, name: str) -> str | None:
    forks = table().get((of, name))
    return forks and f"Caffe's {'forks' if ',' in forks else 'fork'} {forks}"
