"""Data: images and labels from an LMDB or LevelDB."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from layerzoo.data.data_layer import DataLayer, Reading, opening, positive
from layerzoo.data.datum import parse_datums
from layerzoo.data.draws import Ints
from layerzoo.data.leveldb_records import LevelDBRecords
from layerzoo.data.lmdb_records import LMDBRecords
from layerzoo.data.records import Records
from layerzoo.data.samples import Array, Floats, Image, Samples
from layerzoo.data.transform import Transform
from layerzoo.errors import LayerFault
from layerzoo.layer import Shape, register
from layerzoo.schema import DataParameter, LayerParameter


@register
class Data(DataLayer):
    """Images and labels from a database of Datum, in the order of its keys.

    Shapes: tops (batch_size, channels, height, width), as ``transform_param`` makes them, and the labels
    (batch_size). Source: Caffe's ``data_layer``.
    """

    family = "data"
    example = 'source: "train_lmdb" backend: LMDB batch_size: 64'
    messages = ("data_param", "transform_param")
    path_fields = ("data_param.source", "transform_param.mean_file")

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        p = param.data_param
        size = positive(p.batch_size, "data_param.batch_size")
        return Reading(size, p.prefetch, rand_skip=p.rand_skip)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        size = cls.reading(param).batch_size
        shapes: list[Shape] = [(size, *_Datums(param).top_shape()), (size,)]
        return shapes[: len(param.top) or 2]

    def samples(self) -> Samples:
        return _Datums(self.param)


class _Datums(Samples):
    """The Datums of a database."""

    def __init__(self, param: LayerParameter) -> None:
        self._transform = Transform(param.transform_param, param.phase)
        self._color = True if param.data_param.force_encoded_color else self._transform.color
        self._records = _open(param.data_param)

    def __len__(self) -> int:
        return len(self._records)

    def top_shape(self) -> tuple[int, int, int]:
        """Shape of the first image, transformed."""
        images, _ = self._images([0])
        channels, height, width = images[0].shape
        return self._transform.top_shape((channels, height, width))

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        places = indices.tolist()
        images, labels = self._images(places)
        return self._transform(images, numbers, key, lambda i: self._records.name(places[i])), labels

    def _images(self, places: list[int]) -> tuple[Sequence[Image] | Image, Floats]:
        values = self._records.read(places)
        return parse_datums(values, self._color, lambda i: self._records.name(places[i]))

    def close(self) -> None:
        self._records.close()


def _open(param: DataParameter) -> Records:
    lmdb = param.backend == DataParameter.LMDB
    folder = Path(param.source)
    field = "data_param.source"
    if not param.HasField("backend"):
        lmdb = not (folder / "CURRENT").exists()
    elif (folder / ("CURRENT" if lmdb else "data.mdb")).exists():
        found, said = ("a LevelDB", "LMDB") if lmdb else ("an LMDB", "LEVELDB")
        raise LayerFault(f"'{folder}' is {found}; backend is {said}", field="data_param.backend")
    with opening(field, param.source, "a folder with an LMDB" if lmdb else "a folder with a LevelDB"):
        return LMDBRecords(folder) if lmdb else LevelDBRecords(folder)
