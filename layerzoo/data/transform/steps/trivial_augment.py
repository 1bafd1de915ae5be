"""The transform step TrivialAugment: one random operation of random strength."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.operations import STRENGTHS, WIDE_OPERATIONS, apply
from layerzoo.data.transform.step import ByteStep, step
from layerzoo.data.transform.steps.mean import fill_of
from layerzoo.data.transform.steps.warp import warped
from layerzoo.schema import TRAIN, TransformationParameter


@step
class TrivialAugment(ByteStep):
    """Apply one random operation of random strength to each image; boxes and masks move along.

    Source: Müller and Hutter 2021, arXiv 2103.10158, its wide space; the ranges are torchvision's.

    Args:
        fill: values outside the image: one, or one for each channel.
        label: the label outside the image.
    """

    fields = ("trivial_augment",)
    rank = 17
    random = True
    moves = True

    def __init__(self, fill: Sequence[float], label: int) -> None:
        self.fill, self.label = list(fill), label

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        if not param.trivial_augment or phase != TRAIN:
            return None
        return cls(fill_of(param, phase), param.fill_label)

    def of_bytes(self, image: Image, index: int, batch: Batch) -> Image:
        draws = batch.draws_for("TrivialAugment", 3)
        operation = WIDE_OPERATIONS[int(draws.below(len(WIDE_OPERATIONS), 0)[index])]
        strength = int(draws.below(STRENGTHS + 1, 1)[index]) / STRENGTHS
        sign = 1 if draws.below(2, 2)[index] else -1
        fill = [value / batch.level for value in self.fill]
        return apply(
            image,
            [(operation, sign * strength)],
            lambda each, matrix: warped(each, matrix, index, batch, fill, self.label),
        )
