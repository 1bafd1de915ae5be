"""YoloSeg: the squared errors of a segmentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import ClassVar

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.surrogate import with_gradient_field
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter


@register
class YoloSeg(Layer):
    """The sum of squared errors ``object_scale * (sigmoid(x) - label)``, per image.

    With a third bottom, the number of pixels of each class in each image, the errors of pixels with a label
    above 0.5 weigh more: ``2 - n / m`` times as much, n being the pixels of the class and m the others.

    The gradient is the errors themselves, as the fork has it, not the derivative of their squares.

    Shapes: bottoms (N, C, H, W), scores; the same, labels from 0 to 1; optionally (N, C); top (). Source:
    ``yolo_seg`` of eric612/MobileNet-YOLO, without a paper.
    """

    family = "loss"
    example = "object_scale: 0.2"
    messages = ("yolo_seg_param",)
    ignores: ClassVar[Mapping[str, str]] = dict.fromkeys(
        [
            f"yolo_seg_param.{name}"
            for name in ("num_class", "class_scale", "use_logic_gradient", "use_hardsigmoid")
        ],
        "the fork doesn't use it",
    )
    bottoms = between(2, 3)
    is_loss = True
    without_gradient = (1, 2)

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        return "the errors whose squares are the loss"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        scores, labels, *counts = bottoms
        if len(scores) != 4 or prod(labels) != prod(scores) or labels[:1] != scores[:1]:
            raise LayerFault(
                f"scores of shape {scores} and labels of shape {labels}; both must be (N, C, H, W)", bottom=1
            )
        for shape in counts:
            if shape[:1] != scores[:1] or prod(shape) != scores[0] * scores[1]:
                raise LayerFault(
                    f"pixels of shape {shape}; expected {scores[:2]}, for each image and class", bottom=2
                )
        return [()]

    def forward(self, x: Tensor, labels: Tensor, *pixels: Tensor) -> Tensor:
        n, classes, height, width = x.shape
        wanted = labels.detach().to(x.dtype).reshape(x.shape)
        errors = self.param.yolo_seg_param.object_scale * (x.sigmoid() - wanted)
        for counted in pixels:
            of_class = counted.detach().to(x.dtype).reshape(n, classes)
            others = (height * width - of_class).sum(0)
            weight = 2 - of_class.sum(0) / others
            errors = errors * torch.where(wanted > 0.5, weight[:, None, None], 1)
        return with_gradient_field(errors.square().sum() / max(1, n), x, errors / max(1, n))
