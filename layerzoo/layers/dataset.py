"""Dataset: a named data set, such as ``digits``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import ClassVar, Final

import numpy as np

from layerzoo.data.annotated_set import (
    YOLO_ROWS,
    AnnotatedSet,
    MaskSamples,
    ObjectSamples,
    RegionObjects,
    centred,
    in_pixels,
)
from layerzoo.data.data_layer import DataLayer, Reading, positive
from layerzoo.data.dataset import DATASETS, NamedSet
from layerzoo.data.draws import Ints
from layerzoo.data.mixing import mixed_shapes
from layerzoo.data.new_classes import check_new_classes, new_class_names, new_labels
from layerzoo.data.samples import Array, ArraySamples, Samples
from layerzoo.data.transform import Pipeline, transform_steps
from layerzoo.data.transform.steps.resize import Resize
from layerzoo.data.unread_fields import not_for, without_boxes
from layerzoo.errors import LayerFault, did_you_mean, nearest
from layerzoo.layer import Shape, register
from layerzoo.registry import UnknownNameError
from layerzoo.schema import TRAIN, DatasetParameter, LayerParameter

_MOST_PREPARED: Final = 256 << 20
"""Bytes of images that are resized once and kept; larger sets are resized batch by batch."""


@register
class Dataset(DataLayer):
    """Images and labels of a named data set, with values in [0, 1] before ``transform_param``.

    Images are resized to ``size`` bilinearly, masks to the nearest pixel. In TRAIN each epoch has its own
    random order, in TEST the order is that of the data set; ``shuffle`` overrides this.
    ``class_of`` puts classes together.

    Shapes: tops (batch_size, channels, size, size), or cropped, and the labels (batch_size); ``target`` says
    which shape masks and boxes have. Source: ours.
    """

    family = "data"
    reads_images = True
    example = 'name: "digits" split: "train" batch_size: 64'
    messages = ("dataset_param", "transform_param")
    ignores: ClassVar[Mapping[str, str]] = {
        **not_for("the channels of a named data set are fixed", "force_color", "force_gray"),
        **not_for("it works on images of bytes, not on values in [0, 1]", "distort_param", "noise_param"),
        **without_boxes(),
    }
    path_fields = ("transform_param.mean_file",)

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        p = param.dataset_param
        shuffle = p.shuffle if p.HasField("shuffle") else param.phase == TRAIN
        return Reading(positive(p.batch_size, "dataset_param.batch_size"), p.prefetch, shuffle)

    @classmethod
    def choices(cls) -> Mapping[str, Sequence[str]]:
        return {"datasets": list(DATASETS)}

    @classmethod
    def named_set(cls, param: LayerParameter) -> type[NamedSet] | None:
        name = param.dataset_param.name
        if name not in DATASETS:
            return None
        return DATASETS[name]

    @classmethod
    def class_names(cls, param: LayerParameter) -> list[str] | None:
        named = cls.named_set(param)
        return None if named is None else new_class_names(named, param.dataset_param)

    @classmethod
    def pipeline(cls, param: LayerParameter) -> Pipeline:
        size = param.dataset_param.size or _named(param).size
        steps = transform_steps(param.transform_param, param.phase, cls.ignores)
        return Pipeline(Resize(size, size), *steps, peak=1.0)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        batch_size = cls.reading(param).batch_size
        named = _named(param)
        image = cls.pipeline(param).top_shape((named.channels, named.native_size, named.native_size))
        images = (batch_size, *image)
        shapes: list[Shape] = [images, _target_shape(param, type(named), images)]
        return mixed_shapes(param, shapes[: len(param.top) or 2])

    @classmethod
    def annotation_shapes(cls, param: LayerParameter, images: Shape) -> list[Shape] | None:
        named = cls.named_set(param)
        return None if named is None else [_target_shape(param, named, images)]

    def samples(self) -> Samples:
        named, p = _named(self.param), self.param.dataset_param
        loaded = _loaded(named, p)
        images = loaded.arrays[0]
        pipeline = self.pipeline(self.param)
        fixed, varied = pipeline.split()
        shape = fixed.top_shape(images.shape[1:])
        if len(images) * prod(shape) * images.itemsize > _MOST_PREPARED:
            return _Transformed(loaded, pipeline, cheap=False)
        loaded.arrays = (fixed(images, np.arange(len(images))), *loaded.arrays[1:])
        return _Transformed(loaded, varied, cheap=True) if varied.steps else loaded


class _Transformed(Samples):
    """Samples in memory whose images go through a pipeline at each read."""

    def __init__(self, loaded: ArraySamples, pipeline: Pipeline, cheap: bool) -> None:
        self._loaded, self._pipeline, self.cheap = loaded, pipeline, cheap

    def __len__(self) -> int:
        return len(self._loaded)

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        images, labels = self._loaded.read(indices, numbers, key)
        return self._pipeline(images, numbers, key), labels

    def labels(self) -> Ints | None:
        return self._loaded.labels()


def _target_shape(param: LayerParameter, named: type[NamedSet], images: Shape) -> Shape:
    """The shape of the second top for images of that shape."""
    target = param.dataset_param.target
    if target == DatasetParameter.YOLO_BOXES:
        return images[0], YOLO_ROWS, 5
    if target == DatasetParameter.MASK:
        return images[0], 1, *images[2:]
    if target == DatasetParameter.SSD_BOXES and issubclass(named, AnnotatedSet):
        return 1, 1, images[0] * named.max_objects, 8
    if target == DatasetParameter.ROI_BOXES and issubclass(named, AnnotatedSet):
        return images[0] * named.max_objects, 5
    return images[:1]


def _loaded(named: NamedSet, p: DatasetParameter) -> ArraySamples:
    """The images of a split and what the second top holds, before any transform."""
    if not isinstance(named, AnnotatedSet) or p.target == DatasetParameter.CLASS:
        images, labels = named.load(p.split)
        return ArraySamples(images, new_labels(labels, p))
    if p.target == DatasetParameter.MASK:
        images, masks = named.load_masks(p.split)
        return MaskSamples(images, masks, p.size or named.size)
    images, objects = named.load_objects(p.split)
    if p.target == DatasetParameter.YOLO_BOXES:
        return ArraySamples(images, centred(objects))
    if p.target == DatasetParameter.ROI_BOXES:
        return RegionObjects(images, in_pixels(objects, named.max_objects, p.size or named.size))
    return ObjectSamples(images, objects, named.max_objects)


def _named(param: LayerParameter) -> NamedSet:
    p = param.dataset_param
    try:
        named = DATASETS[p.name]()
    except UnknownNameError as error:
        message = f"unknown data set '{p.name}'" if p.name else "name is missing"
        hint = did_you_mean(error.near) or f"known are {', '.join(DATASETS)}"
        raise LayerFault(message, field="dataset_param.name", hint=hint) from None
    if p.split not in named.splits:
        hint = did_you_mean(nearest(p.split, named.splits)) or f"it has {' and '.join(named.splits)}"
        raise LayerFault(f"no split '{p.split}' in '{p.name}'", field="dataset_param.split", hint=hint)
    check_new_classes(type(named), p)
    if p.target == DatasetParameter.CLASS:
        return named
    target = f"target {DatasetParameter.Target.Name(p.target)}"
    if not isinstance(named, AnnotatedSet):
        hint = f"data sets with boxes and masks: {', '.join(_annotated())}"
        raise LayerFault(f"'{p.name}' has no {target}", field="dataset_param.target", hint=hint)
    if p.target == DatasetParameter.ROI_BOXES and p.batch_size != 1:
        message = f"batch_size is {p.batch_size}; {target} is of batches of one image"
        raise LayerFault(message, field="dataset_param.batch_size", hint="set it to 1")
    given = [field.name for field, _ in param.transform_param.ListFields()]
    for moving in (step for step in transform_steps(param.transform_param, param.phase) if step.moves):
        name = next(field for field in moving.fields if field in given)
        message = f"{name} would move the images but not their {target}"
        raise LayerFault(message, field=f"transform_param.{name}", hint=f"leave {name} out")
    return named


def _annotated() -> list[str]:
    return [name for name in DATASETS if issubclass(DATASETS[name], AnnotatedSet)]
