"""The transform step Mirror: mirror images horizontally."""

from __future__ import annotations

from typing import Self

from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.device_batch import DeviceBatch
from layerzoo.data.transform.step import Step, step
from layerzoo.schema import TransformationParameter


@step
class Mirror(Step):
    """Mirror each image with probability 1/2, in TRAIN and in TEST."""

    fields = ("mirror",)
    rank = 50
    random = True
    moves = True
    on_devices = True

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        return cls() if param.mirror else None

    def __call__(self, batch: Batch) -> None:
        batch.flip(batch.draws.below(2, 0).tolist())

    def run_on_device(self, batch: DeviceBatch) -> None:
        """Mirror images of a batch, all at once."""
        chosen = batch.here(batch.draws.below(2, 0).astype(bool)).view(-1, 1, 1, 1)
        batch.images = batch.images.flip(3).where(chosen, batch.images)
