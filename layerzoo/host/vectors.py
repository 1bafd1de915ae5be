"""Lists of plain values as Caffe's Python interface returns them: a class of its own for each element type.

Scripts compare these classes (``type(x) is caffe._caffe.IntVec``).
"""

from __future__ import annotations


class IntVec(list[int]):
    """Integers, such as a blob's shape; it equals a tuple of the same numbers."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list | tuple) and tuple(self) == tuple(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:  # type: ignore[override]  # as a key it stands for the tuple
        return hash(tuple(self))


class BoolVec(list[bool]):
    """Booleans: for each bottom of a layer whether its gradient is wanted."""


class DtypeVec(list[float]):
    """Floats: the loss weight of each blob."""


class StringVec(list[str]):
    """Strings: names of layers and blobs, layer types."""
