"""A blob in a file whose values are read on demand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a process in the sandbox needs no torch for a blob
    import torch

Shape = tuple[int, ...]

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
"""First bytes of an HDF5 file; defined here because importing h5py is slow."""


@dataclass(frozen=True)
class StoredBlob:
    """A blob in a file: its shape, checked against the stored bytes, and a function that reads its values.

    Attributes:
        shape: shape in the file; old files have four axes for every blob.
        tensor: reads the values into a new tensor of that shape and the file's dtype; needs the file open.
    """

    shape: Shape
    tensor: Callable[[], torch.Tensor]
