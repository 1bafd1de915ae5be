"""The transform step Mirror: mirror images horizontally."""

from __future__ import annotations

from typing import Self

from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.step import Step, step
from layerzoo.schema import TransformationParameter


@step
class Mirror(Step):
    """Mirror each image with probability 1/2, in TRAIN and in TEST."""

    fields = ("mirror",)
    rank = 50
    random = True

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        return cls() if param.mirror else None

    def __call__(self, batch: Batch) -> None:
        batch.flip(batch.draws.below(2, 0).tolist())
