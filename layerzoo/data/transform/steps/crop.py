"""The transform step Crop: crop images to one size."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch

from layerzoo.data.draws import Draws, Ints
from layerzoo.data.transform.batch import Batch, Shape3
from layerzoo.data.transform.device_batch import DeviceBatch
from layerzoo.data.transform.step import Step, step
from layerzoo.errors import LayerFault
from layerzoo.schema import TRAIN, TransformationParameter


@step
class Crop(Step):
    """Crop each image to one size: at a random position in TRAIN, at the centre in TEST.

    Args:
        height, width: in pixels.
        random: whether the position is random; otherwise the centre.
        field: the field of ``transform_param`` that gives the size, for error messages.
    """

    fields = ("crop_size", "crop_h", "crop_w", "crop_height", "crop_width")
    rank = 40
    moves = True
    on_devices = True

    def __init__(self, height: int, width: int, random: bool, field: str = "crop_size") -> None:
        self.height, self.width, self.random, self.field = height, width, random, field

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        sides = (("crop_h", "crop_w"), ("crop_height", "crop_width"))
        given_sides = [(*names, *(getattr(param, name) for name in names)) for names in sides]
        if param.crop_size:
            return cls(param.crop_size, param.crop_size, phase == TRAIN)
        for height, width, tall, wide in given_sides:
            if tall and wide:
                return cls(tall, wide, phase == TRAIN, height)
            if tall or wide:
                given, missing = (height, width) if tall else (width, height)
                field = f"transform_param.{given}"
                raise LayerFault(f"{given} without {missing}", field=field, hint="give both")
        return None

    def top_shape(self, shape: Shape3) -> Shape3:
        channels, height, width = shape
        if height < self.height or width < self.width:
            size = " x ".join(map(str, shape))
            square = self.field == "crop_size"
            crop = self.height if square else f"{self.height} x {self.width}"
            message = f"{self.field} {crop} exceeds images of {size} (channels x height x width)"
            hint = f"give a smaller {self.field}, or resize the images"
            raise LayerFault(message, field=f"transform_param.{self.field}", hint=hint)
        return (channels, self.height, self.width)

    def accepted_shape(self, shape: Shape3) -> Shape3:
        channels, height, width = shape
        return (channels, max(height, self.height), max(width, self.width))

    def corners(self, draws: Draws, sizes: Ints) -> tuple[Ints, Ints]:
        """Top row and left column of the crop of each image, by heights and widths (count x 2)."""
        spare = sizes - (self.height, self.width)
        if self.random:
            return draws.below(spare[:, 0] + 1, 1), draws.below(spare[:, 1] + 1, 2)
        rows, columns = spare.T // 2
        return rows, columns

    def run_on_device(self, batch: DeviceBatch) -> None:
        """Crop all images of a batch at once."""
        images = batch.images
        sizes = np.broadcast_to(np.array(images.shape[2:], np.int64), (len(images), 2))
        rows, columns = (batch.here(each) for each in self.corners(batch.draws, sizes))
        which = torch.arange(len(images), device=images.device).view(-1, 1, 1)
        rows = rows[:, None, None] + torch.arange(self.height, device=images.device)[:, None]
        columns = columns[:, None, None] + torch.arange(self.width, device=images.device)
        batch.images = images.permute(0, 2, 3, 1)[which, rows, columns].permute(0, 3, 1, 2)

    def __call__(self, batch: Batch) -> None:
        rows, columns = self.corners(batch.draws, batch.sizes)
        height, width = self.height, self.width
        batch.cut(
            [
                np.s_[:, row : row + height, column : column + width]
                for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
            ]
        )
