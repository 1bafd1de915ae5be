"""The transform step Emit: which boxes stay when an image is cropped."""

from __future__ import annotations

from typing import Self

from layerzoo.data.image import Encoded
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.step import ImageStep, step
from layerzoo.schema import EmitConstraint, TransformationParameter


@step
class Emit(ImageStep):
    """Set which boxes stay in a window that cuts them; images are unchanged.

    Args:
        constraint: by the centre, or by the fraction of the box that is inside.
    """

    fields = ("emit_constraint",)
    rank = 1

    def __init__(self, constraint: EmitConstraint) -> None:
        self.constraint = constraint

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        return cls(param.emit_constraint) if param.HasField("emit_constraint") else None

    def image(self, image: Image | Encoded, index: int, batch: Batch) -> Image | Encoded:
        if batch.boxes is not None:
            batch.boxes[index].emit = self.constraint
        return image
