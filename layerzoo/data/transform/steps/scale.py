"""The transform step Scale: multiply by a constant."""

from __future__ import annotations

from typing import Self

import numpy as np

from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.device_batch import DeviceBatch
from layerzoo.data.transform.step import Step, step
from layerzoo.schema import TransformationParameter


@step
class Scale(Step):
    """Multiply every value, in single precision.

    Args:
        factor: the constant.
    """

    fields = ("scale",)
    rank = 70
    on_devices = True

    def __init__(self, factor: float) -> None:
        self.factor = np.float32(factor)

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        return cls(param.scale) if param.scale != 1 else None

    def __call__(self, batch: Batch) -> None:
        for part in batch.parts():
            np.multiply(part, self.factor, out=part)

    def run_on_device(self, batch: DeviceBatch) -> None:
        """Multiply all images of a batch."""
        batch.images = batch.images.float() * float(self.factor)
