"""The transform step Blur: blur images at random."""

from __future__ import annotations

from math import ceil
from typing import Self

import numpy as np

from layerzoo.data.device_filters import blur_all
from layerzoo.data.filters import blur, kernel_within
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.device_batch import DeviceBatch
from layerzoo.data.transform.step import ByteStep, check_limits, step
from layerzoo.errors import LayerFault
from layerzoo.schema import TRAIN, BlurParameter, TransformationParameter


@step
class Blur(ByteStep):
    """Blur images by a Gaussian of random width; the images are mirrored at their edges.

    Args:
        param: the probability and the widths.
    """

    fields = ("blur_param",)
    rank = 23
    random = True
    on_devices = True

    def __init__(self, param: BlurParameter) -> None:
        self.param = param
        self.size = 2 * ceil(3 * param.max_sigma) + 1

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        if not param.HasField("blur_param") or phase != TRAIN:
            return None
        p = param.blur_param
        if not 0 < p.min_sigma <= p.max_sigma <= 50:
            message = f"sigmas from {p.min_sigma:g} to {p.max_sigma:g}; expected 0 < min <= max <= 50"
            raise LayerFault(message, field="transform_param.blur_param.min_sigma")
        check_limits(p, "transform_param.blur_param", {"prob": 1})
        return cls(p)

    def of_bytes(self, image: Image, index: int, batch: Batch) -> Image:
        draws, p = batch.draws_for("Blur", 2), self.param
        if draws.uniform(0)[index] >= p.prob:
            return image
        sigma = float(draws.uniform(1, p.min_sigma, p.max_sigma)[index])
        return blur(image, kernel_within(self.size, image.shape[1:]), sigma)

    def run_on_device(self, batch: DeviceBatch) -> None:
        """Blur images of a batch, all at once."""
        draws, p = batch.draws_for("Blur", 2), self.param
        sigmas = np.where(draws.uniform(0) < p.prob, draws.uniform(1, p.min_sigma, p.max_sigma), 0)
        values = batch.grey_levels()
        size = kernel_within(self.size, tuple(values.shape[2:]))
        batch.keep_grey_levels(blur_all(values, size, sigmas))
