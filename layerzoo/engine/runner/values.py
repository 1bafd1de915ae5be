"""The data or diffs of a net's blobs as a sequence of tensors."""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence
from typing import overload

from torch import Tensor

from layerzoo.host import Blob


class Values(MutableSequence[Tensor | None]):
    """The data or diffs of all blob versions as tensors; None for those without values.

    Args:
        blobs: the blobs.
        half: ``values`` or ``gradients``.
    """

    def __init__(self, blobs: Sequence[Blob], half: str) -> None:
        self._halves = [getattr(blob, half) for blob in blobs]

    @overload
    def __getitem__(self, index: int) -> Tensor | None: ...
    @overload
    def __getitem__(self, index: slice) -> MutableSequence[Tensor | None]: ...
    def __getitem__(self, index: int | slice) -> Tensor | MutableSequence[Tensor | None] | None:
        if isinstance(index, slice):
            return [half.tensor() if half.there else None for half in self._halves[index]]
        half = self._halves[index]
        return half.tensor() if half.there else None

    def __setitem__(self, index: int | slice, value: object) -> None:
        if not isinstance(index, int) or not isinstance(value, Tensor):
            raise TypeError("assign one tensor at a time")
        half = self._halves[index]
        if value.shape != half.blob.axes:
            half.blob.reshape(*value.shape)
        half.put(value.detach(), own=False)

    def __delitem__(self, index: int | slice) -> None:
        raise TypeError("blobs of a net can't be added or removed")

    def insert(self, index: int, value: Tensor | None) -> None:
        """Raise: blobs can't be added or removed."""
        raise TypeError("blobs of a net can't be added or removed")

    def __len__(self) -> int:
        return len(self._halves)
