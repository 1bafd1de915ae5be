"""HDF5Data: rows of datasets in HDF5 files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from layerzoo.blobs.hdf5 import reading
from layerzoo.data.data_layer import DataLayer, Reading, opening, positive
from layerzoo.data.draws import Ints
from layerzoo.data.listed_files import locate
from layerzoo.data.samples import Array, Floats, Samples
from layerzoo.data.unread_fields import all_but_prefetch
from layerzoo.errors import DataError, LayerFault
from layerzoo.layer import Shape, at_least, register
from layerzoo.schema import LayerParameter

_CACHED_BYTES = 1 << 30
"""Size of the cache of files in memory, so that a small data set is read once."""


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
            with _opened(file) as opened:
                shapes = [_dataset(opened, file, name).shape for name in self._names]
            if len({shape[0] for shape in shapes}) != 1:
                raise DataError(
                    f"{file}: {[s[0] for s in shapes]} rows in {self._names}; expected equal numbers of rows"
                )
            rows, kinds = shapes[0][0], [shape[1:] for shape in shapes]
            if not sizes:
                self.shapes = kinds
            elif kinds != self.shapes:
                raise DataError(f"{file}: rows of {kinds}; {self._files[0]} has {self.shapes}")
            sizes.append(rows)
        self._starts = np.cumsum([0, *sizes])
        if not len(self):
            raise DataError(f"{param.hdf5_data_param.source}: the files have no rows")
        self._cache: dict[int, list[Floats]] = {}
        self.cheap = len(self._files) == 1

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
            rows = indices[inside] - self._starts[file]
            for blob, dataset in zip(batch, self._load(file), strict=True):
                blob[inside] = dataset[rows]
        return batch

    def _load(self, index: int) -> list[Floats]:
        """A file's datasets, from the cache if there; the cache is in order of last use."""
        datasets = self._cache.pop(index, None)
        if datasets is None:
            file = self._files[index]
            with _opened(file) as opened:
                datasets = [_values(_dataset(opened, file, name), file) for name in self._names]
            budget = _CACHED_BYTES - sum(dataset.nbytes for dataset in datasets)
            for other in reversed(list(self._cache)):
                budget -= sum(dataset.nbytes for dataset in self._cache[other])
                if budget < 0:
                    del self._cache[other]
        self._cache[index] = datasets
        return datasets


def _listed(source: str) -> list[Path]:
    field = "hdf5_data_param.source"
    with opening(field, source, "a list of HDF5 files"):
        try:
            names = Path(source).read_text().split()
        except UnicodeDecodeError:
            hint = "expected a text file with the path of one HDF5 file per line"
            raise LayerFault(f"'{source}' is not a list", field=field, hint=hint) from None
    files = [locate(name, "", Path(source)) for name in names]
    if not files:
        raise LayerFault(f"'{source}' names no file", field=field)
    for file in files:
        if not file.exists():
            hint = "paths are relative to the working folder, then to the list's folder"
            raise LayerFault(f"'{source}' names '{file}', which does not exist", field=field, hint=hint)
    return files


def _opened(file: Path) -> h5py.File:
    with reading(file, DataError):
        return h5py.File(file, "r")


def _dataset(opened: h5py.File, file: Path, name: str) -> h5py.Dataset:
    dataset = opened.get(name)
    if not isinstance(dataset, h5py.Dataset):
        raise DataError(f"{file}: no dataset '{name}'; it has {', '.join(opened) or 'none'}")
    if dataset.dtype.kind not in "fiu" or not dataset.ndim:
        raise DataError(
            f"{file}: dataset '{name}' is {dataset.dtype} of shape {dataset.shape}; expected rows of numbers"
        )
    return dataset


def _values(dataset: h5py.Dataset, file: Path) -> Floats:
    with reading(f"{file}: '{dataset.name}'", DataError):
        return np.asarray(dataset[:], np.float32)
