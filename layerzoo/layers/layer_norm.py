"""LayerNorm: normalise the last axes of each sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.nn import functional as F

from layerzoo.functional.normalisation import check_eps, filler_of_ones
from layerzoo.functional.transforms import transforming
from layerzoo.layer import Layer, OwnParam, Shape, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter


@register
class LayerNorm(Layer):
    """Normalise to mean 0 and variance 1 over the axes from ``axis`` on, then scale and shift.

    ``y = weight * (x - mean) / sqrt(variance + eps) + bias``, with the biased variance.

    Shapes: bottom any with that axis, top the same; ``weight`` and ``bias`` have the shape of the normalised
    axes. Source: ours; Ba, Kiros and Hinton 2016, Layer Normalization.
    """

    family = "normalisation"
    messages = ("layer_norm_param",)
    example_bottoms = ((2, 3, 4),)
    stays_fp32 = True
    may_be_in_place = True
    param_names = ("weight", "bias")
    weight: nn.Parameter | None
    bias: nn.Parameter | None

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.sizes = _normalised(param, bottom_shapes[0])
        self.eps = param.layer_norm_param.eps

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if param.layer_norm_param.scale_bias:
            return {}
        fields = ("layer_norm_param.scale_filler", "layer_norm_param.bias_filler")
        return dict.fromkeys(fields, "scale_bias is false")

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        _normalised(param, bottoms[0])
        check_eps(param.layer_norm_param.eps, "layer_norm_param.eps")
        return [bottoms[0]]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        p, shape = param.layer_norm_param, _normalised(param, bottoms[0])
        if not p.scale_bias:
            return []
        scale = filler_of_ones(p, "scale_filler")
        return [OwnParam("weight", shape, scale), OwnParam("bias", shape, p.bias_filler)]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        affine = "" if self.weight is not None else ", elementwise_affine=False"
        module = source.module(
            f"nn.LayerNorm({self.sizes}, eps={number(self.eps)}{affine})", weight=self.weight, bias=self.bias
        )
        return f"{module}({bottoms.first})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not transforming():
            return F.layer_norm(x, x.shape[-len(self.sizes) :], self.weight, self.bias, self.eps)
        # torch's vmap gives wrong second derivatives between weight and x of its own operation
        axes = tuple(range(-len(self.sizes), 0))
        centred = x - x.mean(axes, keepdim=True)
        y = centred * (centred.square().mean(axes, keepdim=True) + self.eps).rsqrt()
        return y if self.weight is None or self.bias is None else y * self.weight + self.bias


def _normalised(param: LayerParameter, shape: Shape) -> Shape:
    """Sizes of the normalised axes."""
    return shape[canonical_axis(param.layer_norm_param.axis, len(shape), "layer_norm_param.axis") :]
