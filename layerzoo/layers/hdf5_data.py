"""HDF5Data: rows of datasets in HDF5 files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from math import prod
from pathlib import Path

import numpy as np

from layerzoo.data.data_layer import DataLayer, Reading, opening, positive
from layerzoo.data.draws import Ints
from layerzoo.data.listed_files import exists, locate
from layerzoo.data.samples import Array, Floats, Samples
from layerzoo.data.unread_fields import all_but_prefetch
from layerzoo.errors import BatchError, DataError, LayerFault
from layerzoo.hdf5_file import HDF5Array, HDF5Group, HDF5Numbers, open_hdf5
from layerzoo.layer import Shape, at_least, register
from layerzoo.regular_file import read_text
from layerzoo.schema import LayerParameter

_CACHED_BYTES = 1 << 30
"""Size of the cache of files in memory, so that a small data set is read once."""
_WHOLE_BYTES = 1 << 32
"""The largest file that is read into memory; of a larger one, the rows of each batch are."""
_SHOWN_NAMES = 20


@register
class HDF5Data(DataLayer):
    """Rows of the HDF5 files in a list: each top holds rows, along axis 0, of the dataset with its name.

    With ``shuffle``, the order of files and of the rows in each file is random; one file is used at a time.

    Shapes: each top (batch_size, the dataset's other axes...). Source: Caffe's ``hdf5_data_layer``.
    """

    family = "data"
    any_shapes = True
    example = 'source: "files.txt" batch_size: 64'
    tops = at_least(1)
    messages = ("hdf5_data_param", "data_param")
    ignores = all_but_prefetch("hdf5_data_param")
    list_field = "hdf5_data_param.source"
    path_fields = ("hdf5_data_param.source",)

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        p = param.hdf5_data_param
        size = positive(p.batch_size, "hdf5_data_param.batch_size")
        return Reading(size, param.data_param.prefetch, p.shuffle)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        size = cls.reading(param).batch_size
        if param.HasField("transform_param"):
            hint = "remove transform_param; a Power or Scale layer after it can scale"
            raise LayerFault("HDF5Data does not transform", field="transform_param", hint=hint)
        return [(size, *shape) for shape in _Rows(param).shapes]

    def samples(self) -> Samples:
        return _Rows(self.param)


class _Rows(Samples):
    """The rows of several files."""

    def __init__(self, param: LayerParameter) -> None:
        self._names = list(param.top)
        self._files = _listed(param.hdf5_data_param.source)
        sizes: list[int] = []
        for file in self._files:
            with _opened(file, self._names) as datasets:
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
            raise DataError(f"{param.hdf5_data_param.source}: the files have no rows")
        self._cache: dict[int, list[Floats]] = {}
        self.cheap = len(self._files) == 1 and self._bytes(0) <= _WHOLE_BYTES

    def __len__(self) -> int:
        return int(self._starts[-1])

    def permutation(self, rng: np.random.Generator) -> Ints:
        return np.concatenate(
            [
                self._starts[file] + rng.permutation(self._starts[file + 1] - self._starts[file])
                for file in rng.permutation(len(self._files))
            ]
        )

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
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
    def _reopened(self, index: int) -> Iterator[list[HDF5Numbers]]:
        """Open a file again and check that its datasets have the shapes they had at first."""
        file, count = self._files[index], int(self._starts[index + 1] - self._starts[index])
        with _opened(file, self._names) as datasets:
            if [dataset.shape for dataset in datasets] != [(count, *shape) for shape in self.shapes]:
                raise DataError(f"{file}: its datasets have other shapes than when the layer was created")
            yield datasets


def _listed(source: str) -> list[Path]:
    field = "hdf5_data_param.source"
    with opening(field, source, "a list of HDF5 files"):
        try:
            names = read_text(source).split()
        except UnicodeDecodeError:
            hint = "expected a text file with the path of one HDF5 file per line"
            raise LayerFault(f"'{source}' is not a list", field=field, hint=hint) from None
    files = [locate(name, "", Path(source)) for name in names]
    if not files:
        raise LayerFault(f"'{source}' names no file", field=field)
    for file in files:
        if not exists(file):
            hint = "paths are relative to the working folder, then to the list's folder"
            raise LayerFault(f"'{source}' names '{file}', which does not exist", field=field, hint=hint)
    return files


@contextmanager
def _opened(file: Path, names: Sequence[str]) -> Iterator[list[HDF5Numbers]]:
    """Open datasets of a file; they can be read inside the block."""
    with open_hdf5(file, DataError) as root:
        yield [_dataset(root, file, name) for name in names]


def _dataset(root: HDF5Group, file: Path, name: str) -> HDF5Numbers:
    dataset = root.find(name)
    if not isinstance(dataset, HDF5Array):
        shown = ", ".join(islice(root, _SHOWN_NAMES)) or "none"
        raise DataError(f"{file}: no dataset '{name}'; it has {shown}")
    numbers = dataset.numbers()
    if not numbers.shape:
        raise DataError(f"{file}: dataset '{name}' is one number; expected rows of numbers")
    return numbers


def _size(shape: Shape) -> str:
    return " x ".join(map(str, shape)) or "()"
