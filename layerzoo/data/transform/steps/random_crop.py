"""The transform step RandomCrop: the random resized crop."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import Final, Self

import numpy as np

from layerzoo.data.image import Encoded
from layerzoo.data.interpolation import Kind, interpolate
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch, Shape3
from layerzoo.data.transform.step import ImageStep, step
from layerzoo.errors import LayerFault
from layerzoo.schema import TRAIN, RandomCropParameter, ResizeParameter, TransformationParameter

_TRIES: Final = 10
_MOST: Final = 1 << 15
"""The longest side of a result in pixels."""


@step
class RandomCrop(ImageStep):
    """Cut a region of random size and shape out of each image and resize it; boxes and masks move along.

    In TEST the region is the largest in the centre that has the result's shape.

    Source: Szegedy et al. 2015, "Going deeper with convolutions", section 6, arXiv 1409.4842.

    Args:
        param: sizes and ranges.
        random: whether the region is random.
    """

    fields = ("random_crop_param",)
    rank = 12
    moves = True

    def __init__(self, param: RandomCropParameter, random: bool) -> None:
        self.param, self.random = param, random
        self.height, self.width = param.size or param.height, param.size or param.width

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        if not param.HasField("random_crop_param"):
            return None
        p, path = param.random_crop_param, "transform_param.random_crop_param"
        if p.size and (p.height or p.width):
            raise LayerFault("size and height or width exclude each other", field=f"{path}.size")
        made = cls(p, phase == TRAIN)
        if not (1 <= made.height <= _MOST and 1 <= made.width <= _MOST):
            message = (
                f"the result is {made.height:,} x {made.width:,} pixels; sides have to be 1 to {_MOST:,}"
            )
            raise LayerFault(message, field=path, hint="give size, or height and width")
        if not 0 < p.min_area <= p.max_area <= 1:
            message = f"areas from {p.min_area:g} to {p.max_area:g}; expected 0 < min_area <= max_area <= 1"
            raise LayerFault(message, field=f"{path}.min_area")
        if not 0 < p.min_aspect <= p.max_aspect < float("inf"):
            message = f"aspects from {p.min_aspect:g} to {p.max_aspect:g}; expected 0 < min <= max"
            raise LayerFault(message, field=f"{path}.min_aspect")
        return made

    def top_shape(self, shape: Shape3) -> Shape3:
        return (shape[0], self.height, self.width)

    def image(self, image: Image | Encoded, index: int, batch: Batch) -> Image:
        assert isinstance(image, np.ndarray), "Decode must precede RandomCrop"
        _, height, width = image.shape
        top, left, tall, wide = self.region(height, width, index, batch)
        if batch.boxes is not None:
            window = (left / width, top / height, (left + wide) / width, (top + tall) / height)
            batch.boxes[index].cut(window)
        if batch.masks is not None:
            mask = batch.masks[index][:, top : top + tall, left : left + wide]
            batch.masks[index] = interpolate(mask, self.height, self.width, "NEAREST")
        kind: Kind = ResizeParameter.Interp_mode.Name(self.param.interp_mode)  # type: ignore[assignment]
        return interpolate(image[:, top : top + tall, left : left + wide], self.height, self.width, kind)

    def region(self, height: int, width: int, index: int, batch: Batch) -> tuple[int, int, int, int]:
        """Top, left, height and width of the region of an image of a height and a width."""
        p, shape = self.param, self.width / self.height
        if self.random:
            drawn = batch.draws_for("RandomCrop", 4 * _TRIES).all[index].tolist()
            low, high = log(p.min_aspect), log(p.max_aspect)
            for place in range(0, 4 * _TRIES, 4):
                area = height * width * (p.min_area + drawn[place] * (p.max_area - p.min_area))
                aspect = shape * exp(low + drawn[place + 1] * (high - low))
                wide, tall = round(sqrt(area * aspect)), round(sqrt(area / aspect))
                if 1 <= wide <= width and 1 <= tall <= height:
                    top = int(drawn[place + 2] * (height - tall + 1))
                    return top, int(drawn[place + 3] * (width - wide + 1)), tall, wide
        wide, tall = min(width, max(1, round(height * shape))), min(height, max(1, round(width / shape)))
        return (height - tall) // 2, (width - wide) // 2, tall, wide
