"""LabelSpecificAdd: a margin added to the score of the own class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import LabelCheck, check_batch
from layerzoo.layer import Layer, Shape, between, exactly, register
from layerzoo.schema import TEST, LayerParameter


@register
class LabelSpecificAdd(LabelCheck, Layer):
    """A bias added to the score of each item's own class where that is above ``-bias``; nothing in TEST.

    The bias is ``bias``, or with ``bias_base`` set ``bias_base + (1 + bias_gamma iteration)^bias_power - 1``
    between ``bias_min`` and ``bias_max``. The iteration is ``iteration`` plus the number of passes before
    this one.

    Shapes: bottoms (N, ...) and N labels; tops like the first bottom, and optionally the bias (1). Source:
    ``label_specific_add_layer`` of happynear/caffe-windows (additive margin softmax); Wang, Cheng, Liu and
    Liu 2018.
    """

    family = "common"
    messages = ("label_specific_add_param",)
    example = "bias: -0.35"
    ignores = {"label_specific_add_param.transform_test": "scores are never changed in TEST"}  # noqa: RUF012
    bottoms = exactly(2)
    tops = between(1, 2)
    without_gradient = (1,)

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        p = param.label_specific_add_param
        changing = ("gamma", "power", "min", "max")
        if p.HasField("bias_base"):
            return {**cls.ignores, "label_specific_add_param.bias": "bias_base overrides it"}
        fields = [
            f"label_specific_add_param.{name}" for name in (*(f"bias_{n}" for n in changing), "iteration")
        ]
        return {**cls.ignores, **dict.fromkeys(fields, "bias_base is not set")}

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.changes = param.label_specific_add_param.HasField("bias_base")

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        check_batch(bottoms)
        scores, labels = bottoms
        if len(scores) < 2 or prod(labels) != scores[0]:
            raise LayerFault(
                f"scores of shape {scores} and labels of shape {labels}; expected (N, classes) and (N)",
                bottom=1 if len(scores) > 1 else 0,
            )
        return [scores, (1,)][: max(1, len(param.top))]

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return prod(shapes[0][1:]) if bottom == 1 else None

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        p = param.label_specific_add_param
        changes = p.HasField("bias_base") and p.bias_gamma and param.phase != TEST
        return "the margin depends on the iteration" if changes else None

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        flat = x.flatten(1)
        target = self.indices(labels, flat.shape[1]).reshape(-1, 1)
        bias = self._bias(x)
        if self.training:
            own = torch.arange(flat.shape[1], device=x.device) == target
            y = torch.where(own & (flat > -bias), flat + bias, flat).reshape(x.shape)
        else:
            y, bias = x.clone(), torch.zeros_like(bias)
        return (y, bias) if self.top_count > 1 else y

    def _bias(self, x: torch.Tensor) -> torch.Tensor:
        """The bias of this pass, shape (1,)."""
        p = self.param.label_specific_add_param
        if not self.changes:
            return x.new_full((1,), p.bias)
        passes = self.clock.pass_number(x.device).to(x.dtype) if p.bias_gamma else x.new_zeros(())
        grown = (1 + p.bias_gamma * (passes + p.iteration)) ** p.bias_power
        return (p.bias_base + grown - 1).clamp(min=p.bias_min).clamp(max=p.bias_max).reshape(1)
