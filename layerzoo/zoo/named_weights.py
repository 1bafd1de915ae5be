"""Weights that are named by their entry of the zoo: ``zoo:NAME``, ``zoo:NAME@VERSION``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from layerzoo.zoo.entry import WEIGHTS
from layerzoo.zoo.store import LocalZoo

_PREFIX: Final = "zoo:"


def in_zoo(name: str) -> bool:
    """Whether weights are named by an entry of the zoo, not by a path."""
    return name.startswith(_PREFIX)


def weights_path(name: str, zoo: LocalZoo | None = None) -> Path:
    """The weights file of an entry.

    Args:
        name: ``zoo:`` and an address; see `LocalZoo.get`.
        zoo: zoo to search; None for the local zoo and the entries that come with Layerzoo.

    Raises:
        ZooError: the entry is missing or damaged.
    """
    return (zoo or LocalZoo()).get(name.removeprefix(_PREFIX)).file(WEIGHTS)
