"""A blob in a file, before it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

Shape = tuple[int, ...]

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
"""How an HDF5 file begins; it stands here because h5py takes a while to import."""


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
