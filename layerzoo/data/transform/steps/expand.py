"""The transform step Expand: put an image at a random place of a larger one."""

from __future__ import annotations

from typing import Self

import numpy as np

from layerzoo.data.image import Encoded
from layerzoo.data.samples import Floats, Image
from layerzoo.data.transform.batch import Batch, Shape3
from layerzoo.data.transform.step import ImageStep, step
from layerzoo.data.transform.steps.mean import Mean
from layerzoo.errors import LayerFault
from layerzoo.schema import ExpansionParameter, TransformationParameter


@step
class Expand(ImageStep):
    """Put each image at a random place of a larger one, whose other pixels are the mean: zooming out.

    Args:
        param: probability and largest ratio of the sides.
        fill: the mean, channels x 1 x 1; None is 0.
    """

    fields = ("expand_param",)
    rank = 4
    random = True
    moves = True

    def __init__(self, param: ExpansionParameter, fill: Floats | None) -> None:
        self.param, self.fill = param, fill

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        if not param.HasField("expand_param"):
            return None
        ratio = param.expand_param.max_expand_ratio
        if not 1 <= ratio <= 100:
            message = f"max_expand_ratio is {ratio:g}; it has to be between 1 and 100"
            raise LayerFault(message, field="transform_param.expand_param.max_expand_ratio")
        mean = Mean.of(param, phase)
        return cls(param.expand_param, None if mean is None else mean.mean.mean((1, 2), keepdims=True))

    def image(self, image: Image | Encoded, index: int, batch: Batch) -> Image:
        assert isinstance(image, np.ndarray), "Decode must precede Expand"
        draws = batch.draws_for("Expand", 4)
        if draws.uniform(0)[index] > self.param.prob or abs(self.param.max_expand_ratio - 1) < 1e-2:
            return image
        ratio = float(draws.uniform(1, 1.0, self.param.max_expand_ratio)[index])
        channels, height, width = image.shape
        tall, wide = int(height * ratio), int(width * ratio)
        top = int(draws.uniform(2, 0, tall - height)[index])
        left = int(draws.uniform(3, 0, wide - width)[index])
        expanded = np.zeros((channels, tall, wide), image.dtype)
        if self.fill is not None:
            expanded[:] = self.fill.astype(image.dtype)
        expanded[:, top : top + height, left : left + width] = image
        if batch.boxes is not None:
            window = (-left / width, -top / height, (wide - left) / width, (tall - top) / height)
            batch.boxes[index].cut(window)
        return expanded

    def top_shape(self, shape: Shape3) -> Shape3:
        return shape
