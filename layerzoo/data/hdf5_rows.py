"""Rows of datasets in a list of HDF5 files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from layerzoo.data.draws import Ints
from layerzoo.data.samples import Array, Floats, Samples
from layerzoo.errors import BatchError, DataError
from layerzoo.hdf5_file import HDF5Array, HDF5Group, HDF5Numbers, open_hdf5
from layerzoo.reader import sandbox
from layerzoo.reader.tensor_file import TensorFile, open_file

_CACHED_BYTES = 1 << 30
"""Size of the cache of files in memory, so that a small data set is read once."""
_WHOLE_BYTES = 1 << 32
"""The largest file that is read into memory; of a larger one, the rows of each batch are."""
_SHOWN_NAMES = 20
INPUTS: Final = ("data", "x", "X", "images", "features", "inputs", "input")
"""The usual names of a dataset of inputs."""
LABELS: Final = ("label", "labels", "target", "targets", "y")
"""The usual names of a dataset of labels."""


class HDF5Rows(Samples):
    """The rows, along axis 0, of datasets of the same names in several files.

    Args:
        files: the files; each has as many rows in each dataset, and all have rows of the same shapes.
        names: the names of the datasets.
        keys: what the files are called in the keys of rows, such as their paths in a list; None: their names.

    Attributes:
        shapes: shape of a row of each dataset.

    Raises:
        DataError: a file can't be read or lacks a dataset, or there are no rows.
        BatchError: shapes or numbers of rows differ.
    """

    def __init__(
        self, files: Sequence[Path], names: Sequence[str], keys: Sequence[str] | None = None
    ) -> None:
        self._files, self._names = files, names
        self._file_keys = [file.name for file in files] if keys is None else keys
        self.shapes: list[tuple[int, ...]] = []
        sizes: list[int] = []
        for file in self._files:
            with opened_datasets(file, self._names) as datasets:
                rows = [dataset.shape[0] for dataset in datasets]
                shapes = [dataset.shape[1:] for dataset in datasets]
            if len(set(rows)) != 1:
                counts = ", ".join(f"{n} in '{name}'" for n, name in zip(rows, self._names, strict=True))
                hint = "write as many rows in each dataset"
                raise BatchError(f"{file}: different numbers of rows: {counts}", hint)
            if not sizes:
                self.shapes = shapes
            for name, shape, first in zip(self._names, shapes, self.shapes, strict=True):
                if shape != first:
                    raise BatchError(
                        f"{file}: rows of '{name}' have shape {_size(shape)}, but those of {self._files[0]} "
                        f"have shape {_size(first)}",
                        "write equal shapes in all files of the list",
                    )
            sizes.append(rows[0])
        self._starts = np.cumsum([0, *sizes])
        if not len(self):
            raise DataError(f"{files[0]}: no rows, nor has another file of the list")
        self._cache: dict[int, list[Floats]] = {}
        self.cheap = len(self._files) == 1 and self._bytes(0) <= _WHOLE_BYTES

    def __len__(self) -> int:
        return int(self._starts[-1])

    def permutation(self, rng: np.random.Generator) -> Ints:
        """Draw a random order of the files, and of the rows in each."""
        return np.concatenate(
            [
                self._starts[file] + rng.permutation(self._starts[file + 1] - self._starts[file])
                for file in rng.permutation(len(self._files))
            ]
        )

    def key_of(self, index: int) -> str:
        """The file of a row, and its number in it."""
        file, row = self._place(index)
        return f"{self._file_keys[file]}/{row}"

    def name(self, index: int) -> str:
        """The path of the file of a row, and its number in it."""
        file, row = self._place(index)
        return f"{self._files[file]}: row {row}"

    def _place(self, index: int) -> tuple[int, int]:
        file = int(np.searchsorted(self._starts, index, "right")) - 1
        return file, index - int(self._starts[file])

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read one batch: an array for each dataset.

        Raises:
            DataError: a file has changed, or can't be read.
        """
        batch = tuple(np.empty((len(indices), *shape), np.float32) for shape in self.shapes)
        file_of = np.searchsorted(self._starts, indices, "right") - 1
        for file in np.unique(file_of).tolist():
            inside = file_of == file
            for blob, rows in zip(batch, self._rows(file, indices[inside]), strict=True):
                blob[inside] = rows
        return batch

    def _rows(self, file: int, indices: Ints) -> list[Floats]:
        """Rows of a file's datasets: from memory, or from the file if it is too large."""
        rows = indices - self._starts[file]
        if self._bytes(file) <= _WHOLE_BYTES:
            return [dataset[rows] for dataset in self._load(file)]
        with self._reopened(file) as datasets:
            return [dataset.read_rows(rows, np.float32) for dataset in datasets]

    def _bytes(self, file: int) -> int:
        """Bytes of a file's datasets in memory."""
        rows = int(self._starts[file + 1] - self._starts[file])
        return 4 * rows * sum(prod(shape) for shape in self.shapes)

    def _load(self, index: int) -> list[Floats]:
        """A file's datasets, from the cache if there; the cache is in order of last use."""
        datasets = self._cache.pop(index, None)
        if datasets is None:
            with self._reopened(index) as opened:
                datasets = [dataset.read(np.float32) for dataset in opened]
            budget = _CACHED_BYTES - self._bytes(index)
            for other in reversed(list(self._cache)):
                budget -= self._bytes(other)
                if budget < 0:
                    del self._cache[other]
        self._cache[index] = datasets
        return datasets

    @contextmanager
    def _reopened(self, index: int) -> Iterator[Sequence[HDF5Numbers | SandboxedRows]]:
        """Open a file again and check that its datasets have the shapes they had at first."""
        file, count = self._files[index], int(self._starts[index + 1] - self._starts[index])
        with opened_datasets(file, self._names) as datasets:
            if [dataset.shape for dataset in datasets] != [(count, *shape) for shape in self.shapes]:
                raise DataError(f"{file}: its datasets have other shapes than when the layer was created")
            yield datasets


class SandboxedRows:
    """A dataset of a file that is open in the sandbox.

    Args:
        file: the file.
        index: the dataset's place among those that are open.
    """

    def __init__(self, file: TensorFile, index: int) -> None:
        self._file, self._index = file, index

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the dataset."""
        return self._file.shapes[self._index]

    def read(self, dtype: DTypeLike) -> NDArray[Any]:
        """Read all values."""
        return self._file.array(self._index).astype(dtype, copy=False)

    def read_rows(self, rows: NDArray[np.int64], dtype: DTypeLike) -> NDArray[Any]:
        """Read some rows along axis 0, in any order."""
        values = {"rows": rows.tolist()}
        return self._file.array(self._index, "rows", values, len(rows)).astype(dtype, copy=False)


@contextmanager
def opened_datasets(file: Path, names: Sequence[str]) -> Iterator[Sequence[HDF5Numbers | SandboxedRows]]:
    """Open datasets of a file; they can be read inside the block.

    Raises:
        DataError: the file can't be read or lacks a dataset.
    """
    if sandbox.is_on():
        with open_file("rows", file, DataError, {"names": list(names)}) as boxed:
            yield [SandboxedRows(boxed, index) for index in range(len(names))]
        return
    with open_hdf5(file, DataError) as root:
        yield [_dataset(root, file, name) for name in names]


def first_dataset(file: Path, names: Sequence[str]) -> str:
    """The first of some names that a file has a dataset of, with rows of numbers; empty if it has none."""
    for name in names:
        try:
            with opened_datasets(file, [name]):
                return name
        except DataError:
            continue
    return ""


def _dataset(root: HDF5Group, file: Path, name: str) -> HDF5Numbers:
    dataset = root.find(name)
    if not isinstance(dataset, HDF5Array):
        shown = ", ".join(islice(root, _SHOWN_NAMES)) or "none"
        raise DataError(f"{file}: no dataset '{name}'; it has {shown}")
    numbers = dataset.numbers()
    if not numbers.shape:
        raise DataError(f"{file}: dataset '{name}' is one number; expected rows of numbers")
    return numbers


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "()"
