"""The transform step RandAugment: random operations of one strength."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.operations import OPERATIONS, STRENGTHS, apply
from layerzoo.data.transform.step import ByteStep, step
from layerzoo.data.transform.steps.mean import fill_of
from layerzoo.data.transform.steps.warp import warped
from layerzoo.errors import LayerFault
from layerzoo.schema import TRAIN, RandAugmentParameter, TransformationParameter


@step
class RandAugment(ByteStep):
    """Apply random operations, such as rotations and changes of colours, to each image.

    Boxes and masks move along.

    Source: Cubuk et al. 2020, arXiv 1909.13719; the ranges are torchvision's.

    Args:
        param: their number and strength.
        fill: values outside the image: one, or one for each channel.
        label: the label outside the image.
    """

    fields = ("rand_augment_param",)
    rank = 16
    random = True
    moves = True

    def __init__(self, param: RandAugmentParameter, fill: Sequence[float], label: int) -> None:
        self.param, self.fill, self.label = param, list(fill), label

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        if not param.HasField("rand_augment_param") or phase != TRAIN:
            return None
        p, path = param.rand_augment_param, "transform_param.rand_augment_param"
        if not 1 <= p.count <= 20:
            raise LayerFault(f"count is {p.count}; it has to be 1 to 20", field=f"{path}.count")
        if p.magnitude > STRENGTHS:
            message = f"magnitude is {p.magnitude}; it has to be 0 to {STRENGTHS}"
            raise LayerFault(message, field=f"{path}.magnitude")
        return cls(p, fill_of(param, phase), param.fill_label)

    def of_bytes(self, image: Image, index: int, batch: Batch) -> Image:
        draws = batch.draws_for("RandAugment", 2 * self.param.count)
        chosen = [
            (
                OPERATIONS[int(draws.below(len(OPERATIONS), 2 * place)[index])],
                self.param.magnitude / STRENGTHS * (1 if draws.below(2, 2 * place + 1)[index] else -1),
            )
            for place in range(self.param.count)
        ]
        fill = [value / batch.level for value in self.fill]
        return apply(image, chosen, lambda each, matrix: warped(each, matrix, index, batch, fill, self.label))
