"""Read and write blobs as datasets of HDF5 files."""

from __future__ import annotations

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
from layerzoo.errors import LayerzooError

MAX_COMPRESSION = 1100
"""The highest ratio that HDF5's own filters reach; a dataset that declares more is malicious."""

_H5PY_ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError)
"""Exceptions that h5py raises for a damaged file or an unexpected layout."""


@contextmanager
def reading(what: str | Path, error: type[LayerzooError]) -> Iterator[None]:
    """Convert exceptions that h5py raises in the block into the caller's error; ``what`` names the file."""
    try:
        yield
    except _H5PY_ERRORS as cause:
        raise error(f"{what}: HDF5 can't be read: {cause}") from cause


@contextmanager
def new_file(path: Path) -> Iterator[h5py.File]:
    """Create an HDF5 file that replaces ``path`` when the block has completed.

    Raises:
        OSError: the file can't be written; an existing file is left unchanged.
    """
    try:
        with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
            yield file
    except RuntimeError as error:  # h5py raises it if a write fails on closing
        raise OSError(f"{path}: {error}") from error


def stored_blob(dataset: Any, path: str | Path, error: type[LayerzooError]) -> StoredBlob:
    """A dataset as a blob, after a check of its declared size against its stored bytes.

    Raises:
        error: the dataset declares more values than are stored, isn't numeric, or is stored in another file.
    """
    what = f"{path}: '{dataset.name}'"
    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None or dataset.dtype.kind not in "fiu":
        raise error(f"{what} holds no numbers")
    if dataset.is_virtual or dataset.external:
        raise error(f"{what} keeps its values in another file, which is not followed")
    stored = dataset.id.get_storage_size()
    if dataset.size * dataset.dtype.itemsize > stored * (1 if dataset.chunks is None else MAX_COMPRESSION):
        raise error(f"{what} declares {dataset.size:,} values and holds {stored:,} bytes")
    return StoredBlob(tuple(dataset.shape), partial(_tensor, dataset, what, error))


def write_blob(group: h5py.Group, name: str, blob: torch.Tensor) -> None:
    """Add a blob to a group: in double precision if the tensor is double, else in single."""
    dtype = torch.float64 if blob.dtype == torch.float64 else torch.float32
    group.create_dataset(name, data=blob.detach().to("cpu", dtype).numpy())


def _tensor(dataset: h5py.Dataset, what: str, error: type[LayerzooError]) -> torch.Tensor:
    dtype = dataset.dtype.newbyteorder("=") if dataset.dtype.kind == "f" else np.dtype("f4")
    with reading(what, error):
        return torch.from_numpy(np.asarray(dataset[()], dtype=dtype))
