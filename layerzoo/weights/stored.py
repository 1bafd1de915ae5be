"""What a weights file holds, before it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

Shape = tuple[int, ...]

Params = Mapping[str, Sequence[torch.Tensor]]
"""Param blobs by layer name, in Caffe's order."""


@dataclass(frozen=True)
class StoredBlob:
    """A blob in a file. Its shape has been checked against its bytes; its values are read when asked for.

    Attributes:
        shape: as the file has it; old files write four axes for everything.
        tensor: reads the values into a tensor of its own, of that shape and the file's dtype. It works as
            long as the file is open.
    """

    shape: Shape
    tensor: Callable[[], torch.Tensor]


StoredWeights = dict[str, list[StoredBlob | None]]
"""Blobs by layer name; None where the file leaves one out, as HDF5 does with those of another layer."""
