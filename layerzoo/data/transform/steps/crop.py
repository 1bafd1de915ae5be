"""The transform step Crop: crop images to squares."""

from __future__ import annotations

from typing import Self

import numpy as np

from layerzoo.data.transform.batch import Batch, Shape3
from layerzoo.data.transform.step import Step, step
from layerzoo.errors import LayerFault
from layerzoo.schema import TRAIN, TransformationParameter


@step
class Crop(Step):
    """Crop each image to a square: at a random position in TRAIN, at the centre in TEST.

    Args:
        size: side of the square in pixels.
        random: whether the position is random; otherwise the centre.
    """

    fields = ("crop_size",)
    rank = 40

    def __init__(self, size: int, random: bool) -> None:
        self.size, self.random = size, random

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        return cls(param.crop_size, phase == TRAIN) if param.crop_size else None

    def top_shape(self, shape: Shape3) -> Shape3:
        channels, height, width = shape
        if height < self.size or width < self.size:
            size = " x ".join(map(str, shape))
            message = f"crop_size {self.size} exceeds images of {size} (channels x height x width)"
            hint = "give a smaller crop_size, or resize the images"
            raise LayerFault(message, field="transform_param.crop_size", hint=hint)
        return (channels, self.size, self.size)

    def accepted_shape(self, shape: Shape3) -> Shape3:
        channels, height, width = shape
        return (channels, max(height, self.size), max(width, self.size))

    def __call__(self, batch: Batch) -> None:
        spare = batch.sizes - self.size
        if self.random:
            rows = batch.draws.below(spare[:, 0] + 1, 1)
            columns = batch.draws.below(spare[:, 1] + 1, 2)
        else:
            rows, columns = spare.T // 2
        size = self.size
        batch.cut(
            [
                np.s_[:, row : row + size, column : column + size]
                for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
            ]
        )
