"""How many bottoms or tops a layer type takes."""

from __future__ import annotations

from typing import NamedTuple


class Arity(NamedTuple):
    """How many bottoms or tops a layer takes; ``max`` None means any number."""

    min: int
    max: int | None


def exactly(count: int) -> Arity:
    """Exactly ``count``."""
    return Arity(count, count)


def at_least(count: int) -> Arity:
    """``count`` or more."""
    return Arity(count, None)


def between(low: int, high: int) -> Arity:
    """From ``low`` to ``high``, inclusive."""
    return Arity(low, high)
