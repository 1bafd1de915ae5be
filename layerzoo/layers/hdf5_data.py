"""HDF5Data: rows of datasets in HDF5 files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from layerzoo.data.data_layer import DataLayer, Reading, opening, positive
from layerzoo.data.hdf5_rows import HDF5Rows
from layerzoo.data.listed_files import exists, locate
from layerzoo.data.new_samples import Inputs, NewSamples, NewSource
from layerzoo.data.samples import Samples
from layerzoo.data.unread_fields import all_but_prefetch
from layerzoo.errors import DataError, LayerFault
from layerzoo.layer import Shape, at_least, register
from layerzoo.regular_file import open_regular, read_text
from layerzoo.schema import LayerParameter

SUFFIXES: Final = frozenset({".h5", ".hdf5", ".hdf"})
_SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"


@register
class HDF5Data(DataLayer):
    """Rows of an HDF5 file, or of those in a list.

    Each top holds rows, along axis 0, of the dataset with its name. With ``shuffle``, the order of files and
    of the rows in each file is random; one file is used at a time.

    Shapes: each top (batch_size, the dataset's other axes...). Source: Caffe's ``hdf5_data_layer``.
    """

    family = "data"
    any_shapes = True
    example = 'source: "files.txt" batch_size: 64'
    tops = at_least(1)
    messages = ("hdf5_data_param", "data_param")
    new_data = "an HDF5 file with the datasets that trained"
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
        return [(size, *shape) for shape in _rows(param).shapes]

    @classmethod
    def fitted(cls, param: LayerParameter) -> LayerParameter:
        """The names of the datasets, which are those of the tops."""
        layer = LayerParameter()
        layer.CopyFrom(param)
        layer.hdf5_data_param.ClearField("source")
        return layer

    @classmethod
    def reads_new(cls, param: LayerParameter, source: NewSource) -> bool:
        return source.path is not None and source.path.suffix.lower() in SUFFIXES

    @classmethod
    def new_samples(cls, param: LayerParameter, source: NewSource, inputs: Inputs) -> NewSamples:
        file = source.file("an HDF5 file")
        names = list(inputs)
        rows = HDF5Rows([file], names)
        for name, shape in zip(names, rows.shapes, strict=True):
            if shape != tuple(inputs[name][1:]):
                sizes = (" x ".join(map(str, one)) or "one number" for one in (shape, inputs[name][1:]))
                message = "rows of '{}' are {}; the net takes {}".format(name, *sizes)
                raise DataError(f"{source.name}: {message}")
        return NewSamples([rows.name(row) for row in range(len(rows))], rows, range(len(names)))

    def samples(self) -> Samples:
        return _rows(self.param)


def _rows(param: LayerParameter) -> HDF5Rows:
    files, keys = _listed(param.hdf5_data_param.source)
    return HDF5Rows(files, list(param.top), keys)


def _is_hdf5(source: str) -> bool:
    """Whether a file is HDF5 itself, by its first bytes."""
    with open_regular(source) as file:
        return file.read(len(_SIGNATURE)) == _SIGNATURE


def _listed(source: str) -> tuple[list[Path], list[str] | None]:
    """The files, and how a list names them; None if there is no list."""
    field = "hdf5_data_param.source"
    with opening(field, source, "an HDF5 file, or a list of them"):
        if _is_hdf5(source):
            return [Path(source)], None
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
    return files, names
