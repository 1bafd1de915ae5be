"""InnerProduct: a fully connected layer."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import nn
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, OwnParam, Shape, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class InnerProduct(Layer):
    """Fully connected layer: ``y = x W' + b``, where x is the bottom flattened from ``axis`` on.

    Shapes: bottom (outer..., K...), top (outer..., num_output); ``weight`` (num_output, K), or
    (K, num_output) with ``transpose``; ``bias`` (num_output). Source: Caffe's ``inner_product_layer``.
    """

    family = "common"
    any_layout = True
    fresh_top = True
    example = 'num_output: 10 weight_filler { type: "xavier" }'
    messages = ("inner_product_param",)
    param_names = ("weight", "bias")
    weight: nn.Parameter
    bias: nn.Parameter | None

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis = _axis(param, bottom_shapes[0])
        self.transpose = param.inner_product_param.transpose

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        return [(*bottoms[0][: _axis(param, bottoms[0])], param.inner_product_param.num_output)]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        p = param.inner_product_param
        if not p.num_output:
            raise LayerFault("num_output must be at least 1", field="inner_product_param.num_output")
        inputs = prod(bottoms[0][_axis(param, bottoms[0]) :])
        shape = (inputs, p.num_output) if p.transpose else (p.num_output, inputs)
        own = [OwnParam("weight", shape, p.weight_filler)]
        return [*own, OwnParam("bias", (p.num_output,), p.bias_filler)] if p.bias_term else own

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return prod(bottoms[0]) * param.inner_product_param.num_output

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        weight = self.weight.t() if self.transpose else self.weight
        bias = "" if self.bias is not None else ", bias=False"
        module = source.module(
            f"nn.Linear({weight.shape[1]}, {weight.shape[0]}{bias})", weight=weight, bias=self.bias
        )
        flat = (
            bottoms.first
            if self.axis == len(bottoms.shapes[0]) - 1
            else f"torch.flatten({bottoms.first}, {self.axis})"
        )
        return f"{module}({flat})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        flat = x.flatten(self.axis)
        return F.linear(flat, self.weight.t() if self.transpose else self.weight, self.bias)


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(param.inner_product_param.axis, len(shape), "inner_product_param.axis")
