"""The transform step ColorJitter: random changes of brightness, contrast, saturation and hue."""

from __future__ import annotations

from typing import Self

import numpy as np

from layerzoo.data.color_matrix import color_matrix, mean_gray, recolor
from layerzoo.data.device_filters import mean_grays, recolor_all
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.device_batch import DeviceBatch
from layerzoo.data.transform.step import ByteStep, check_limits, step
from layerzoo.schema import TRAIN, ColorJitterParameter, TransformationParameter


@step
class ColorJitter(ByteStep):
    """Change colours at random, all kinds at once.

    Args:
        param: the ranges.
    """

    fields = ("color_jitter_param",)
    rank = 21
    random = True
    on_devices = True

    def __init__(self, param: ColorJitterParameter) -> None:
        self.param = param

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        if not param.HasField("color_jitter_param") or phase != TRAIN:
            return None
        limits = {"prob": 1, "brightness": 1, "contrast": 1, "saturation": 1, "hue": 0.5}
        check_limits(param.color_jitter_param, "transform_param.color_jitter_param", limits)
        return cls(param.color_jitter_param)

    def factors(self, batch: Batch | DeviceBatch, index: int) -> tuple[float, float, float, float] | None:
        """Brightness, contrast, saturation and hue for an image; None if it is unchanged."""
        p, ranges = self.param, (self.param.brightness, self.param.contrast, self.param.saturation)
        chance, *drawn, turn = batch.draws_for("ColorJitter", 5).all[index].tolist()
        if chance >= p.prob:
            return None
        light, contrast, saturation = (
            1 + most * (2 * part - 1) for most, part in zip(ranges, drawn, strict=True)
        )
        return light, contrast, saturation, p.hue * (2 * turn - 1)

    def of_bytes(self, image: Image, index: int, batch: Batch) -> Image:
        factors = self.factors(batch, index)
        if factors is None:
            return image
        return recolor(image, *color_matrix(len(image), mean_gray(image), *factors))

    def run_on_device(self, batch: DeviceBatch) -> None:
        """Change the colours of all images of a batch at once."""
        values = batch.grey_levels()
        channels = values.shape[1]
        # an offset per unit of the mean, which stays on the device
        pairs = [
            color_matrix(channels, 1.0, *(self.factors(batch, index) or (1.0, 1.0, 1.0, 0.0)))
            for index in range(len(values))
        ]
        offsets = batch.here([float(offset) for _, offset in pairs], values.dtype) * mean_grays(values)
        matrices = batch.here(np.stack([matrix for matrix, _ in pairs]), values.dtype)
        batch.keep_grey_levels(recolor_all(values, matrices, offsets))
