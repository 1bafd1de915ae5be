"""The transform step OnDevice: later steps run on the net's device."""

from __future__ import annotations

from typing import Self

from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.step import Step, step
from layerzoo.schema import TransformationParameter


@step
class OnDevice(Step):
    """Let the last steps of the pipeline that all can run on the net's device do so; images are unchanged."""

    fields = ("on_device",)
    rank = 0
    defers = True

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        return cls() if param.on_device else None

    def __call__(self, batch: Batch) -> None:
        pass
