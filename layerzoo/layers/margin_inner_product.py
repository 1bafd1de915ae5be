"""MarginInnerProduct: scores of a classifier of angles, with a margin for the own class."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import nn
from torch.nn import functional as F

from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.margin import annealed, anneals, multiplied_angle, scores_shape
from layerzoo.functional.surrogate import with_gradient_of
from layerzoo.functional.transforms import store
from layerzoo.layer import Layer, OwnParam, Shape, between, canonical_axis, exactly, register
from layerzoo.schema import LayerParameter

_TINY = torch.finfo(torch.float32).tiny


@register
class MarginInnerProduct(LabelCheck, Layer):
    """Scores ``|x| cos(angle to w)`` with weights of length 1; that of the own class has a margin.

    Each pass brings the weights to length 1. The own class has the score ``(|x| psi(angle) + lambda |x|
    cos(angle)) / (1 + lambda)``, where ``psi`` multiplies the angle by 1 to 4 (``type``) and ``lambda`` falls
    with the iteration: ``max(base (1 + gamma iteration)^-power, lambda_min)``. The gradient of the weights is
    that without margin, and the direction of the margin's gradient has length 1.

    Shapes: bottoms (outer..., K...) and labels, one per outer position; tops (outer..., num_output), and
    optionally lambda (1); ``weight`` (num_output, K). Source: ``margin_inner_product_layer`` of
    wy1iu/sphereface and of happynear/caffe-windows, which are the same; Liu et al. 2017 (SphereFace).
    """

    family = "common"
    messages = ("margin_inner_product_param",)
    example = (
        'num_output: 10 type: QUADRUPLE weight_filler { type: "xavier" } base: 1000 gamma: 0.12 lambda_min: 5'
    )
    param_names = ("weight",)
    bottoms = exactly(2)
    tops = between(1, 2)
    without_gradient = (1,)
    weight: nn.Parameter

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        return "the weights get that without margin and normalisation, the features a normalised one"

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        return anneals(param.margin_inner_product_param)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, field = param.margin_inner_product_param, "margin_inner_product_param.num_output"
        scores = scores_shape(bottoms[0], bottoms[1], _axis(param, bottoms[0]), p.num_output, field)
        return [scores, (1,)][: max(1, len(param.top))]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        p = param.margin_inner_product_param
        values = prod(bottoms[0][_axis(param, bottoms[0]) :])
        return [OwnParam("weight", (p.num_output, values), p.weight_filler)]

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return prod(bottoms[0]) * param.margin_inner_product_param.num_output

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return param.margin_inner_product_param.num_output if bottom == 1 else None

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        p, axis = self.param.margin_inner_product_param, _axis(self.param, tuple(x.shape))
        raw = self.weight.detach()
        weight = raw / torch.linalg.vector_norm(raw, dim=1, keepdim=True).clamp(min=_TINY)
        store(self.weight, weight)
        features = x.reshape(prod(x.shape[:axis]), -1)
        target = self.indices(labels, p.num_output).reshape(-1, 1)
        share = annealed(p, self.clock.pass_number(x.device), x)
        plain = F.linear(features.detach(), weight)
        straight = F.linear(features, weight) + F.linear(features.detach(), self.weight)
        if p.type:
            length = torch.linalg.vector_norm(features.detach(), dim=1, keepdim=True).clamp(min=_TINY)
            cos = plain.gather(1, target) / length
            psi, slope = multiplied_angle(cos, p.type + 1)
            value = (length * psi + share * length * cos) / (1 + share)
            along = (psi - slope * cos) / length
            size = torch.hypot(slope, along).clamp(min=_TINY)
            direction = (slope * weight[target[:, 0]] + along * features.detach()) / size
            own = (features * direction).sum(1, keepdim=True) / (1 + share)
            own = own + F.linear(features, weight).gather(1, target) * share / (1 + share)
            own = own + F.linear(features.detach(), self.weight).gather(1, target)
            straight = straight.scatter(1, target, own.to(straight.dtype))
            plain = plain.scatter(1, target, value.to(plain.dtype))
        scores = with_gradient_of(plain, straight).reshape(*x.shape[:axis], -1)
        return (scores, share) if self.top_count > 1 else scores


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(
        param.margin_inner_product_param.axis, len(shape), "margin_inner_product_param.axis"
    )
