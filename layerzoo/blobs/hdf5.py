"""Blobs as datasets of HDF5 files."""

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
"""No compression of HDF5's own yields more; a dataset that declares more than that is a trap."""

_H5PY_ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError)
"""What h5py raises for a damaged file, or one of another layout."""


@contextmanager
def reading(what: str | Path, error: type[LayerzooError]) -> Iterator[None]:
    """Turn what h5py raises in the block, for a file or a part of one, into the caller's error."""
    try:
        yield
    except _H5PY_ERRORS as found:
        raise error(f"{what}: HDF5 can't be read: {found}") from found


@contextmanager
def new_file(path: Path) -> Iterator[h5py.File]:
    """An HDF5 file to write, which takes its place when it is whole.

    Raises:
        OSError: the file can't be written; what stood there before still does.
    """
    try:
        with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
            yield file
    except RuntimeError as error:  # h5py's, where a write fails late
        raise OSError(f"{path}: {error}") from error


def stored_blob(dataset: Any, path: str | Path, error: type[LayerzooError]) -> StoredBlob:
    """A dataset as a blob, its size held against what the file holds of it.

    Raises:
        error: it declares more, or isn't a dataset of numbers, or lies in another file.
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
    """Add a blob to a group, in single precision (double where it is)."""
    dtype = torch.float64 if blob.dtype == torch.float64 else torch.float32
    group.create_dataset(name, data=blob.detach().to("cpu", dtype).numpy())


def _tensor(dataset: h5py.Dataset, what: str, error: type[LayerzooError]) -> torch.Tensor:
    dtype = dataset.dtype.newbyteorder("=") if dataset.dtype.kind == "f" else np.dtype("f4")
    with reading(what, error):
        return torch.from_numpy(np.asarray(dataset[()], dtype=dtype))
