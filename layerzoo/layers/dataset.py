"""Dataset: a named data set, such as ``digits``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional as F

from layerzoo.data.data_layer import DataLayer, Reading, positive
from layerzoo.data.dataset import DATASETS, NamedSet
from layerzoo.data.draws import Ints
from layerzoo.data.samples import Array, ArraySamples, Floats, Samples
from layerzoo.data.transform import Transform
from layerzoo.errors import LayerFault, did_you_mean, nearest
from layerzoo.layer import Shape, register
from layerzoo.registry import UnknownNameError
from layerzoo.schema import TRAIN, LayerParameter


@register
class Dataset(DataLayer):
    """Images and labels of a named data set, with values in [0, 1] before ``transform_param``.

    Images are enlarged to ``size`` bilinearly. In TRAIN each epoch has a random order of its own, in TEST
    that of the set, unless ``shuffle`` says otherwise.

    Shapes: tops (batch_size, channels, size, size), or cropped, and the labels (batch_size). Source: ours.
    """

    family = "data"
    example = 'name: "digits" split: "train" batch_size: 64'
    messages = ("dataset_param", "transform_param")
    path_fields = ("transform_param.mean_file",)

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        p = param.dataset_param
        shuffle = p.shuffle if p.HasField("shuffle") else param.phase == TRAIN
        return Reading(positive(p.batch_size, "dataset_param.batch_size"), p.prefetch, shuffle)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        batch_size = cls.reading(param).batch_size
        named = _named(param)
        size = param.dataset_param.size or named.size
        image = Transform(param.transform_param, param.phase).top_shape((named.channels, size, size))
        shapes: list[Shape] = [(batch_size, *image), (batch_size,)]
        return shapes[: len(param.top) or 2]

    def samples(self) -> Samples:
        named = _named(self.param)
        images, labels = named.load(self.param.dataset_param.split)
        images = _enlarged(images, self.param.dataset_param.size or named.size)
        transform = Transform(self.param.transform_param, self.param.phase)
        if transform.random:
            return _Varied(images, labels, transform)
        return ArraySamples(transform(images, np.arange(len(images))), labels)


class _Varied(ArraySamples):
    """Images that are cropped or mirrored at random each time."""

    def __init__(self, images: Floats, labels: Floats, transform: Transform) -> None:
        super().__init__(images, labels)
        self._transform = transform

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        images, labels = super().read(indices, numbers, key)
        return self._transform(images, numbers, key), labels


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
    return named


def _enlarged(images: Floats, size: int) -> Floats:
    if images.shape[2:] == (size, size):
        return images
    enlarged: Floats = F.interpolate(torch.from_numpy(images), (size, size), mode="bilinear").numpy()
    return enlarged
