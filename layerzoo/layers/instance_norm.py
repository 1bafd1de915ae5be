"""InstanceNorm: normalise each channel of each sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.functional.normalisation import check_eps, filler_of_ones
from layerzoo.layer import Layer, OwnParam, Shape, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter


@register
class InstanceNorm(Layer):
    """Normalise each channel of each sample to mean 0 and variance 1 over its positions.

    ``y = (x - mean) / sqrt(variance + eps)``, with the biased variance; with ``scale_bias`` also scaled and
    shifted channel by channel: ``weight * y + bias``. The same in TRAIN and TEST.

    Shapes: bottom (N, C, ...) with positions, top the same; ``weight`` (C), ``bias`` (C). Source: ours;
    Ulyanov, Vedaldi and Lempitsky 2016, Instance Normalization.
    """

    family = "normalisation"
    messages = ("instance_norm_param",)
    stays_fp32 = True
    may_be_in_place = True
    param_names = ("weight", "bias")
    weight: nn.Parameter | None
    bias: nn.Parameter | None

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.channels = bottom_shapes[0][1]
        self.eps = param.instance_norm_param.eps

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if param.instance_norm_param.scale_bias:
            return {}
        fields = ("instance_norm_param.scale_filler", "instance_norm_param.bias_filler")
        return dict.fromkeys(fields, "scale_bias is not set")

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if len(bottoms[0]) < 3:
            raise LayerFault(
                f"a bottom of shape {bottoms[0]}, expected (N, C, ...) with positions to normalise over",
                bottom=0,
            )
        check_eps(param.instance_norm_param.eps, "instance_norm_param.eps")
        return [bottoms[0]]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        p, shape = param.instance_norm_param, bottoms[0][1:2]
        if not p.scale_bias:
            return []
        scale = filler_of_ones(p, "scale_filler")
        return [OwnParam("weight", shape, scale), OwnParam("bias", shape, p.bias_filler)]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        affine = "" if self.weight is not None else ", affine=False"
        module = source.module(
            f"nn.GroupNorm({self.channels}, {self.channels}, eps={number(self.eps)}{affine})",
            weight=self.weight,
            bias=self.bias,
        )
        return f"{module}({bottoms.first})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # a group for each channel: torch's instance_norm refuses a channel of one position
        return F.group_norm(x, x.shape[1], self.weight, self.bias, self.eps)
