"""Write the values of blobs to HDF5, NumPy and LMDB files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from layerzoo.atomic import atomic_path
from layerzoo.blobs.hdf5 import new_file
from layerzoo.errors import LayerzooError, UsageError
from layerzoo.schema import Datum

Batch = Mapping[str, NDArray[np.float32]]
"""Features by blob name, each with the same number of samples along the first axis."""


class FeatureFile(ABC):
    """A file that batches are appended to; it has a temporary name until it is closed without an error.

    Args:
        path: path of the file.
        blobs: names of the blobs.
    """

    def __init__(self, path: Path, blobs: Iterable[str]) -> None:
        self.path, self.blobs = path, list(blobs)
        self._stack = ExitStack()
        self.part = self._stack.enter_context(atomic_path(path))
        self._stack.callback(self.finish)

    @abstractmethod
    def add(self, batch: Batch) -> None:
        """Append a batch."""

    @abstractmethod
    def finish(self) -> None:
        """Complete and close the temporary file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)


class HDF5File(FeatureFile):
    """An HDF5 file with a dataset for each blob, as HDF5Data reads it."""

    def __init__(self, path: Path, blobs: Iterable[str]) -> None:
        super().__init__(path, blobs)
        self._file = self._stack.enter_context(new_file(self.part))

    def add(self, batch: Batch) -> None:
        """Add a batch."""
        for name, values in batch.items():
            if name not in self._file:
                self._file.create_dataset(name, data=values, maxshape=(None, *values.shape[1:]), chunks=True)
            else:
                dataset = self._file[name]
                dataset.resize(len(dataset) + len(values), axis=0)
                dataset[-len(values) :] = values

    def finish(self) -> None:
        """Do nothing: the file is closed already."""


class NpzFile(FeatureFile):
    """A NumPy archive with an array for each blob; held in memory until closed."""

    def __init__(self, path: Path, blobs: Iterable[str]) -> None:
        super().__init__(path, blobs)
        self._batches: dict[str, list[NDArray[np.float32]]] = {}

    def add(self, batch: Batch) -> None:
        """Add a batch."""
        for name, values in batch.items():
            self._batches.setdefault(name, []).append(values)

    def finish(self) -> None:
        """Write the file."""
        with self.part.open("wb") as file:
            np.savez(file, **{name: np.concatenate(parts) for name, parts in self._batches.items()})  # type: ignore[arg-type]  # names are the user's


class LMDBFile(FeatureFile):
    """An LMDB of Datums with one blob as ``float_data``; same keys as Caffe's extract_features."""

    def __init__(self, path: Path, blobs: Iterable[str]) -> None:
        import lmdb

        super().__init__(path, blobs)
        if len(self.blobs) != 1:
            raise UsageError(f"an LMDB holds one blob, received {len(self.blobs)}: write one LMDB per blob")
        self._environment = lmdb.open(str(self.part), map_size=1 << 40, writemap=False)
        self._count = 0

    def add(self, batch: Batch) -> None:
        """Add a batch."""
        (values,) = batch.values()
        shape = (*values.shape[1:], 1, 1, 1)[:3] if values.ndim <= 4 else (values[0].size, 1, 1)
        with self._environment.begin(write=True) as transaction:
            for sample in values:
                datum = Datum(channels=shape[0], height=shape[1], width=shape[2], label=0)
                datum.float_data.extend(sample.ravel().tolist())
                transaction.put(f"{self._count:010d}".encode(), datum.SerializeToString())
                self._count += 1

    def finish(self) -> None:
        """Close the database."""
        self._environment.close()


_KINDS: dict[str, type[FeatureFile]] = {
    ".h5": HDF5File,
    ".hdf5": HDF5File,
    ".npz": NpzFile,
    ".lmdb": LMDBFile,
}


def open_features(path: Path, blobs: Iterable[str], kind: str = "") -> FeatureFile:
    """Create a file for features, in the format of ``kind`` (hdf5, npz or lmdb) or of its suffix.

    Raises:
        UsageError: the format is unknown.
        LayerzooError: the file already exists or can't be written.
    """
    suffix = f".{kind}" if kind else path.suffix
    if suffix not in _KINDS:
        raise UsageError(f"{path}: unknown format; use the suffix .h5, .npz or .lmdb, or give -format")
    if path.exists():
        raise LayerzooError(f"{path} already exists; choose another path or remove it")
    try:
        return _KINDS[suffix](path, blobs)
    except OSError as error:
        raise LayerzooError(f"{path} can't be written: {error.strerror or error}") from None
