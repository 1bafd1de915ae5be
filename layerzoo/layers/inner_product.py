"""InnerProduct: a fully connected layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import torch
from torch import nn
from torch.nn import functional as F

from layerzoo.errors import ExportError, LayerFault
from layerzoo.functional.normalisation import replaced
from layerzoo.functional.unit_vectors import unit_rows
from layerzoo.layer import Layer, OwnParam, Shape, between, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class InnerProduct(Layer):
    """Fully connected layer: ``y = x W' + b``, where x is the bottom flattened from ``axis`` on.

    A second bottom is W, and a third b, instead of params. With ``normalize``, each row of the weights is
    divided by ``sqrt(its sum of squares + 1e-6)`` before each pass, also in the param itself; the gradient is
    that of the divided weights, which doesn't know of the division.

    Shapes: bottom (outer..., K...), top (outer..., num_output); ``weight`` (num_output, K), or
    (K, num_output) with ``transpose``; ``bias`` (num_output). Source: Caffe's ``inner_product_layer``;
    ``normalize`` and further bottoms: caffe-windows.
    """

    family = "common"
    any_layout = True
    fresh_top = True
    example = 'num_output: 10 weight_filler { type: "xavier" }'
    messages = ("inner_product_param",)
    bottoms = between(1, 3)
    param_names = ("weight", "bias")
    weight: nn.Parameter | None
    bias: nn.Parameter | None

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis = _axis(param, bottom_shapes[0])
        self.transpose = param.inner_product_param.transpose
        self.normalize = param.inner_product_param.normalize

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        all_names = ["num_output", "weight_filler", "normalize", "bias_filler"]
        names = all_names[: {2: 3, 3: 4}.get(len(param.bottom), 0)]
        return {f"inner_product_param.{name}": "a bottom replaces the param" for name in names}

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        if param.inner_product_param.normalize and len(param.bottom) < 2:
            return "that of the divided weights"
        return None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, axis = param.inner_product_param, _axis(param, bottoms[0])
        outputs = p.num_output
        if len(bottoms) > 1:
            outputs, inputs = bottoms[1][0] if bottoms[1] else 0, prod(bottoms[0][axis:])
            if prod(bottoms[1]) != outputs * inputs or (p.transpose and bottoms[1] != (inputs, outputs)):
                raise LayerFault(
                    f"weights of shape {bottoms[1]} for {inputs} inputs; expected (outputs, {inputs})",
                    bottom=1,
                )
            if len(bottoms) > 2 and (prod(bottoms[2]) != outputs or not p.bias_term):
                raise LayerFault(f"a bias of shape {bottoms[2]} for {outputs} outputs", bottom=2)
        return [(*bottoms[0][:axis], outputs)]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        p = param.inner_product_param
        if len(bottoms) > 1:
            outputs = cls.top_shapes(param, bottoms)[0][-1]
            own = [OwnParam("bias", (outputs,), p.bias_filler)]
            return own if p.bias_term and len(bottoms) == 2 else []
        if not p.num_output:
            raise LayerFault("num_output must be at least 1", field="inner_product_param.num_output")
        inputs = prod(bottoms[0][_axis(param, bottoms[0]) :])
        shape = (inputs, p.num_output) if p.transpose else (p.num_output, inputs)
        own = [OwnParam("weight", shape, p.weight_filler)]
        return [*own, OwnParam("bias", (p.num_output,), p.bias_filler)] if p.bias_term else own

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return prod(bottoms[0]) * tops[0][-1]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        if self.weight is None:
            raise ExportError(f"layer '{self.name}': weights as a bottom can't be written")
        weight = self._normalised(self.weight) if self.normalize else self.weight
        weight = weight.t() if self.transpose else weight
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

    def forward(
        self, x: torch.Tensor, weight: torch.Tensor | None = None, bias: torch.Tensor | None = None
    ) -> torch.Tensor:
        flat = x.flatten(self.axis)
        if weight is not None:
            weight = weight if self.transpose else weight.flatten(1)
            bias = self.bias if bias is None else bias.flatten()
            return F.linear(flat, weight.t() if self.transpose else weight, bias)
        own = self.weight  # once: torch looks for attributes that are params last
        assert own is not None
        weight = replaced(own, self._normalised(own)) if self.normalize else own
        return F.linear(flat, weight.t() if self.transpose else weight, self.bias)

    def _normalised(self, weight: torch.Tensor) -> torch.Tensor:
        """The weights divided by their norms."""
        return unit_rows(weight, self.param.inner_product_param.num_output)


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(param.inner_product_param.axis, len(shape), "inner_product_param.axis")
