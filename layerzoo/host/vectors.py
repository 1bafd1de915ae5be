"""Lists of plain values that Caffe's Python interface returns, with one class per element type.

Scripts test for these classes (``type(x) is caffe._caffe.IntVec``).
"""

from __future__ import annotations


class IntVec(list[int]):
    """Integers, such as a blob's shape; equal to a tuple of the same numbers."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list | tuple) and tuple(self) == tuple(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:  # type: ignore[override]  # usable as a key in place of the tuple
        return hash(tuple(self))


class BoolVec(list[bool]):
    """Booleans: whether the gradient of each bottom of a layer is needed."""


class DtypeVec(list[float]):
    """Floats: the loss weight of each blob."""


class StringVec(list[str]):
    """Strings: names of layers and blobs, layer types."""
