"""Look up layer types, fields and enum values that forks of Caffe add.

``forks.tsv`` beside this file is the only list of them. A row is removed when Layerzoo supports its name.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

LAYER: Final = "layer"
"""The first column of the rows of layer types."""


def forks_with_type(name: str) -> str | None:
    """The forks that have a layer type, as text for a message; None if no fork is known."""
    return _named(LAYER, name)


def forks_with(message: str, name: str) -> str | None:
    """The forks that add a field to a message or a value to an enum, as text; None if no fork is known.

    Args:
        message: name of the message, or of the enum inside its message: ``PoolingParameter.Engine``.
        name: the field or value.
    """
    return _named(message, name)


@cache
def table() -> dict[tuple[str, str], str]:
    """Read the table: forks, separated by commas, by (``layer``, message or enum; type, field or value)."""
    text = Path(__file__).with_name("forks.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {(of, name): forks for of, name, forks in rows}


def _named(of: str, name: str) -> str | None:
    forks = table().get((of, name))
    return forks and f"Caffe's {'forks' if ',' in forks else 'fork'} {forks}"
