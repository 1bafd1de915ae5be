"""Data: images and labels from an LMDB or LevelDB."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar, Final

import numpy as np

from layerzoo.data.class_file import names_beside
from layerzoo.data.data_layer import DataLayer, Reading, positive
from layerzoo.data.database import open_records
from layerzoo.data.datum import read_datums
from layerzoo.data.draws import Ints
from layerzoo.data.image import Encoded
from layerzoo.data.mixing import mixed_shapes
from layerzoo.data.new_samples import Inputs, NewSamples, NewSource
from layerzoo.data.records import Records
from layerzoo.data.samples import Array, Floats, Image, Kept, Samples, as_classes
from layerzoo.data.transform import Pipeline, transform_steps
from layerzoo.data.transform.batch import Shape3
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.data.unread_fields import moved_to_transform, without_boxes
from layerzoo.errors import DataError, LayerFault
from layerzoo.layer import Shape, register
from layerzoo.schema import DataParameter, LayerParameter

_AT_ONCE: Final = 256
"""Records of which the labels are read at once."""


@register
class Data(DataLayer):
    """Images and labels from a database of Datum messages, in the order of its keys.

    Numbers in ``float_data`` of a Datum whose image is in ``data`` are its labels, in place of ``label``.

    Shapes: tops (batch_size, channels, height, width), after ``transform_param``, and the labels
    (batch_size), or (batch_size, labels of each) if there are several. Source: Caffe's ``data_layer``.
    """

    family = "data"
    reads_images = True
    example = 'source: "train_lmdb" backend: LMDB batch_size: 64'
    messages = ("data_param", "transform_param")
    new_data = "images, or an LMDB of them"
    ignores: ClassVar[Mapping[str, str]] = {**moved_to_transform("data_param"), **without_boxes()}
    path_fields = ("data_param.source", "transform_param.mean_file")

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        p = param.data_param
        size = positive(p.batch_size, "data_param.batch_size")
        return Reading(size, p.prefetch, rand_skip=p.rand_skip)

    @classmethod
    def pipeline(cls, param: LayerParameter) -> Pipeline:
        decode = Decode.of(param.transform_param, param.phase)
        if param.data_param.force_encoded_color:
            decode = Decode(color=True)
        steps = transform_steps(param.transform_param, param.phase, cls.ignores)
        fix = "give crop_size in transform_param, or resize them with convert_imageset"
        return Pipeline(decode, *steps, to_one_size=fix)

    @classmethod
    def class_names(cls, param: LayerParameter) -> list[str] | None:
        """The names in classes.txt in the database's folder, which `layerzoo data import` writes."""
        return names_beside(param.data_param.source)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        size = cls.reading(param).batch_size
        image, labels = _Datums(param.data_param, cls.pipeline(param)).first()
        shapes: list[Shape] = [(size, *image), (size, *labels)]
        return mixed_shapes(param, shapes[: len(param.top) or 2])

    @classmethod
    def fitted(cls, param: LayerParameter) -> LayerParameter:
        """The transforms of images."""
        layer = LayerParameter()
        layer.CopyFrom(param)
        layer.data_param.ClearField("source")
        return layer

    @classmethod
    def reads_new(cls, param: LayerParameter, source: NewSource) -> bool:
        return source.path is not None and (source.path / "data.mdb").is_file()

    @classmethod
    def new_samples(cls, param: LayerParameter, source: NewSource, inputs: Inputs) -> NewSamples:
        p = DataParameter(source=str(source.file("an LMDB")), backend=DataParameter.LMDB)
        try:
            records = _Datums(p, cls.pipeline(param))
        except LayerFault as fault:
            raise DataError(fault.message) from None
        names = [records.name(index) for index in range(len(records))]
        places = [list(param.top).index(name) for name in inputs]
        return NewSamples(names, records, places)

    def samples(self) -> Samples:
        return _Datums(self.param.data_param, self.pipeline(self.param))


class _Datums(Samples):
    """The Datums of a database."""

    def __init__(self, param: DataParameter, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._records = open_records(param)

    def __len__(self) -> int:
        return len(self._records)

    def first(self) -> tuple[Shape3, Shape]:
        """Shapes of the first image, transformed, and of its labels."""
        images, labels = self._labelled([0], self._records.name)
        channels, height, width = self._pipeline.image(images[0], self._records.name(0)).shape
        return self._pipeline.top_shape((channels, height, width)), labels.shape[1:]

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        positions = indices.tolist()

        def name(index: int) -> str:
            return self._records.name(positions[index])

        images, labels = self._labelled(positions, name)
        return self._pipeline(images, numbers, key, name), labels

    def _labelled(
        self, positions: Sequence[int], name: Callable[[int], str]
    ) -> tuple[Sequence[Image | Encoded] | Image, Floats]:
        return read_datums(self._records.block(positions), name, float_labels=True)

    def keep(self, kept: Kept) -> bool:
        return self._pipeline.keep(kept)

    def key_of(self, index: int) -> str:
        return self._records.key(index)

    def name(self, index: int) -> str:
        return self._records.name(index)

    def labels(self) -> Ints | None:
        read = []
        for first in range(0, len(self), _AT_ONCE):
            at = range(first, min(first + _AT_ONCE, len(self)))
            read.append(self._labelled(at, partial(_name_at, self._records, at))[1])
        return as_classes(np.concatenate(read))

    def close(self) -> None:
        self._records.close()


def _name_at(records: Records, indices: Sequence[int], place: int) -> str:
    return records.name(indices[place])
