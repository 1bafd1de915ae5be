"""SmoothL1LossOHEM: R-FCN's loss of boxes, with the loss of each region for hard example mining."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import ClassVar

import torch

from layerzoo.functional.loss import normalization, normalizer
from layerzoo.functional.smooth_l1 import (
    check_equal_shapes,
    item_shape,
    loss_of_weighted_differences,
    per_item,
)
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter


@register
class SmoothL1LossOHEM(Layer):
    """Loss of boxes and of each region: the sum of ``0.5 d^2`` where ``|d| < 1``, else ``|d| - 0.5``.

    With ``d = w (x - t)`` for weights w in a third bottom, else ``d = x - t``. The sum is divided as
    ``normalization`` says. As in R-FCN, the gradient lacks the factor w, and without ``loss_weight`` the loss
    counts 0.

    Shapes: two or three bottoms (N, ...), all the same; tops () and optionally the loss of each region,
    (N, 1, H, W), without a gradient. Source: ``smooth_L1_loss_ohem_layer`` of intel/caffe; Shrivastava et al.
    2016, "Online hard example mining"; Dai et al. 2016, "R-FCN".
    """

    family = "loss"
    messages = ("loss_param",)
    ignores: ClassVar[Mapping[str, str]] = {"loss_param.ignore_label": "boxes have no labels"}
    bottoms = between(2, 3)
    tops = between(1, 2)
    is_loss = True
    without_gradient = (2,)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.mode = normalization(param.loss_param)
        self.fixed = param.loss_param.pre_fixed_normalizer
        self.gives_items = len(param.top) > 1

    @classmethod
    def default_loss_weight(cls, param: LayerParameter) -> float:
        return 0.0

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        if len(param.bottom) < 3:
            return None
        return "as in R-FCN, it lacks the factor of the third bottom; it is exact where weights are 0 or 1"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        check_equal_shapes(bottoms)
        return [(), item_shape(bottoms[0])] if len(param.top) > 1 else [()]

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        if param.loss_weight:
            return []
        return ["without loss_weight this loss counts for nothing, as in R-FCN; add loss_weight"]

    def forward(
        self, x: torch.Tensor, target: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        positions = x.shape[0] * prod(x.shape[2:])
        divisor = normalizer(self.mode, x.shape[0], positions, None, self.clock.shared_count, self.fixed)
        loss, terms = loss_of_weighted_differences(x, target, weights, float(divisor))
        return (loss, per_item(terms)) if self.gives_items else loss
