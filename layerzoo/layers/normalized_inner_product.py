"""NormalizedInnerProduct: a fully connected layer whose weights have length 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.functional.normalisation import replaced
from layerzoo.functional.unit_vectors import unit_rows
from layerzoo.layer import Layer, OwnParam, Shape, between, canonical_axis, register
from layerzoo.schema import LayerParameter


@register
class NormalizedInnerProduct(Layer):
    """Fully connected layer whose weights have length 1 for each output: ``y = x W' + b``.

    Before each pass each row of the weights is divided by ``sqrt(its sum of squares + 1e-6)``, also in the
    param itself; the gradient is that of the divided weights, which doesn't know of the division. A second
    top is W, whose gradient is added.

    Shapes: bottom (outer..., K...); tops (outer..., num_output), and optionally the weights; ``weight``
    (num_output, K), or (K, num_output) with ``transpose``; ``bias`` (num_output). Source:
    ``normalized_inner_product_layer`` of GuohongWu/caffe-windows (InnerProduct with ``normalize`` in
    happynear/caffe-windows); Wang et al. 2017 (NormFace).
    """

    family = "common"
    # it closes its own message, since the number of outputs is in another one
    example = 'normalize: true } inner_product_param { num_output: 10 weight_filler { type: "xavier" }'
    messages = ("normalized_inner_product_param", "inner_product_param")
    ignores: ClassVar[Mapping[str, str]] = {
        "inner_product_param.normalize": "normalized_inner_product_param.normalize says it"
    }
    tops = between(1, 2)
    param_names = ("weight", "bias")
    weight: nn.Parameter
    bias: nn.Parameter | None

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        return "that of the divided weights" if param.normalized_inner_product_param.normalize else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        outputs, axis = param.inner_product_param.num_output, _axis(param, bottoms[0])
        if not outputs:
            raise LayerFault("num_output must be at least 1", field="inner_product_param.num_output")
        weights = cls.param_shapes(param, bottoms)[0].shape
        return [(*bottoms[0][:axis], outputs), tuple(weights)][: max(1, len(param.top))]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        p = param.inner_product_param
        inputs = prod(bottoms[0][_axis(param, bottoms[0]) :])
        shape = (inputs, p.num_output) if p.transpose else (p.num_output, inputs)
        own = [OwnParam("weight", shape, p.weight_filler)]
        return [*own, OwnParam("bias", (p.num_output,), p.bias_filler)] if p.bias_term else own

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return prod(bottoms[0]) * tops[0][-1]

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        p, weight = self.param.inner_product_param, self.weight
        used: torch.Tensor = weight
        if self.param.normalized_inner_product_param.normalize:
            used = replaced(weight, unit_rows(weight, p.num_output))
        flat = x.flatten(_axis(self.param, tuple(x.shape)))
        y = F.linear(flat, used.t() if p.transpose else used, self.bias)
        return (y, used.clone()) if self.top_count > 1 else y


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(param.inner_product_param.axis, len(shape), "inner_product_param.axis")
