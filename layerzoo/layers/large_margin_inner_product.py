"""LargeMarginInnerProduct: scores of a classifier with an angular margin for the own class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import torch
from torch import nn
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.margin import annealed, anneals, multiplied_angle, scores_shape
from layerzoo.layer import Layer, OwnParam, Shape, between, canonical_axis, register
from layerzoo.schema import LayerParameter


@register
class LargeMarginInnerProduct(LabelCheck, Layer):
    """Scores ``|x| |w| cos(angle)``; that of the own class has a margin.

    The own class has the score ``(|x| |w| psi(angle) + lambda x w) / (1 + lambda)``, where ``psi`` multiplies
    the angle by 1 to 4 (``type``) and ``lambda`` falls with the iteration: ``max(base (1 + gamma
    iteration)^-power, lambda_min)``.

    Shapes: bottoms (outer..., K...), labels, one per outer position, and optionally the weights (M, K...);
    tops (outer..., M), and optionally lambda (1); ``weight`` (num_output, K) without a third bottom. Source:
    ``largemargin_inner_product_layer`` of wy1iu/LargeMargin_Softmax_Loss and of happynear/caffe-windows; Liu,
    Wen, Yu and Yang 2016 (L-Softmax).
    """

    family = "common"
    messages = ("largemargin_inner_product_param",)
    example = (
        'num_output: 10 type: DOUBLE weight_filler { type: "xavier" } base: 1000 gamma: 0.0001 power: 35'
    )
    param_names = ("weight",)
    bottoms = between(2, 3)
    tops = between(1, 2)
    without_gradient = (1,)
    weight: nn.Parameter | None

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if len(param.bottom) < 3:
            return {}
        fields = (
            "largemargin_inner_product_param.num_output",
            "largemargin_inner_product_param.weight_filler",
        )
        return dict.fromkeys(fields, "the weights are the third bottom")

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        return anneals(param.largemargin_inner_product_param)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        axis = _axis(param, bottoms[0])
        if len(bottoms) > 2 and prod(bottoms[2][1:]) != prod(bottoms[0][axis:]):
            raise LayerFault(
                f"weights of shape {bottoms[2]}; expected {prod(bottoms[0][axis:])} values in each", bottom=2
            )
        field = "largemargin_inner_product_param.num_output"
        scores = scores_shape(bottoms[0], bottoms[1], axis, _classes(param, bottoms), field)
        return [scores, (1,)][: max(1, len(param.top))]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        if len(bottoms) > 2:
            return []
        p = param.largemargin_inner_product_param
        values = prod(bottoms[0][_axis(param, bottoms[0]) :])
        return [OwnParam("weight", (p.num_output, values), p.weight_filler)]

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return prod(bottoms[0]) * _classes(param, bottoms)

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return _classes(param, shapes) if bottom == 1 else None

    def forward(
        self, x: torch.Tensor, labels: torch.Tensor, *others: torch.Tensor
    ) -> torch.Tensor | tuple[torch.Tensor, ...]:
        p, axis = self.param.largemargin_inner_product_param, _axis(self.param, tuple(x.shape))
        weight = others[0].flatten(1) if others else self.weight
        assert weight is not None  # of a layer with two bottoms
        features = x.reshape(prod(x.shape[:axis]), -1)
        target = self.indices(labels, weight.shape[0]).reshape(-1, 1)
        share = annealed(p, self.clock.pass_number(x.device), x)
        scores = F.linear(features, weight)
        if p.type:
            plain = scores.gather(1, target)
            lengths = torch.linalg.vector_norm(weight, dim=1, keepdim=True)[target[:, 0]]
            size = torch.linalg.vector_norm(features, dim=1, keepdim=True) * lengths + 1e-9
            own = (size * multiplied_angle(plain / size, p.type + 1)[0] + share * plain) / (1 + share)
            scores = scores.scatter(1, target, own.to(scores.dtype))
        scores = scores.reshape(*x.shape[:axis], -1)
        return (scores, share) if self.top_count > 1 else scores


def _classes(param: LayerParameter, bottoms: Sequence[Shape]) -> int:
    if len(bottoms) > 2:
        return bottoms[2][0] if bottoms[2] else 0
    return param.largemargin_inner_product_param.num_output


def _axis(param: LayerParameter, shape: Shape) -> int:
    field = "largemargin_inner_product_param.axis"
    return canonical_axis(param.largemargin_inner_product_param.axis, len(shape), field)
