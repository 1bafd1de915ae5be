"""Read and write blobs as datasets of HDF5 files; `layerzoo.hdf5_file` reads the files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch

from layerzoo.atomic import atomic_path
from layerzoo.blobs.stored import StoredBlob
from layerzoo.disk import system_error
from layerzoo.hdf5_file import HDF5Array, HDF5Numbers


@contextmanager
def new_file(path: Path) -> Iterator[h5py.File]:
    """Create an HDF5 file that replaces ``path`` when the block has completed.

    Raises:
        OSError: the file can't be written; an existing file is left unchanged.
    """
    with atomic_path(path) as temporary, _Sink(temporary, "w+") as sink:
        try:
            with h5py.File(sink, "w") as file:
                yield file
        except RuntimeError as error:  # h5py raises it if a write fails on closing
            raise system_error(error, path) from error
        finally:
            if sink.error is not None:
                raise sink.error


class _Sink(io.FileIO):
    """A file whose failed writes are only noted.

    HDF5 never closes a file that it can't write, and crashes when Python exits.

    Attributes:
        error: the first failure.
    """

    error: OSError | None = None

    def write(self, data: Any) -> int:
        """Write all bytes; the file is unusable after a failure."""
        rest = memoryview(data)
        try:
            while rest and self.error is None:
                rest = rest[super().write(rest) :]
        except OSError as error:
            self.error = error
        return len(data)

    def truncate(self, size: int | None = None) -> int:
        """Set the size; the file is unusable after a failure."""
        try:
            return super().truncate(size)
        except OSError as error:
            self.error = self.error or error
            return size or 0


def stored_blob(array: HDF5Array) -> StoredBlob:
    """A dataset as a blob, after a check of its declared size against its stored bytes.

    Raises:
        LayerzooError: the dataset declares more values than are stored, isn't numeric, or is stored in
            another file; of the type given to `layerzoo.hdf5_file.open_hdf5`.
    """
    numbers = array.numbers()
    return StoredBlob(numbers.shape, partial(_tensor, numbers))


def write_blob(group: h5py.Group, name: str, blob: torch.Tensor) -> None:
    """Add a blob to a group: in double precision if the tensor is double, else in single."""
    dtype = torch.float64 if blob.dtype == torch.float64 else torch.float32
    group.create_dataset(name, data=blob.detach().to("cpu", dtype).numpy())


def _tensor(numbers: HDF5Numbers) -> torch.Tensor:
    half_to_double = numbers.dtype.kind == "f" and numbers.dtype.itemsize <= 8
    return torch.from_numpy(numbers.read(numbers.dtype if half_to_double else np.dtype("f4")))
