"""The transform step Gray: make images grey at random."""

from __future__ import annotations

from typing import Self

import numpy as np

from layerzoo.data.colors import gray
from layerzoo.data.device_filters import gray_all
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.device_batch import DeviceBatch
from layerzoo.data.transform.step import ByteStep, check_limits, step
from layerzoo.schema import TRAIN, TransformationParameter


@step
class Gray(ByteStep):
    """Give all channels of an image its brightness, with a probability.

    Args:
        prob: the probability.
    """

    fields = ("gray_prob",)
    rank = 22
    random = True
    on_devices = True

    def __init__(self, prob: float) -> None:
        self.prob = prob

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        check_limits(param, "transform_param", {"gray_prob": 1})
        return cls(param.gray_prob) if param.gray_prob and phase == TRAIN else None

    def of_bytes(self, image: Image, index: int, batch: Batch) -> Image:
        if len(image) != 3 or batch.draws_for("Gray", 1).uniform(0)[index] >= self.prob:
            return image
        return np.repeat(gray(image), 3, 0)

    def run_on_device(self, batch: DeviceBatch) -> None:
        """Make images of a batch grey, all at once."""
        if batch.images.shape[1] == 3:
            chosen = batch.here(batch.draws_for("Gray", 1).uniform(0) < self.prob)
            values = batch.grey_levels()
            batch.keep_grey_levels(gray_all(values).where(chosen.view(-1, 1, 1, 1), values))
