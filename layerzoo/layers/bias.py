"""Bias: add a smaller blob, broadcast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from layerzoo.functional.broadcast import check_spans, factor_source, spanned, spread, spread_source
from layerzoo.layer import ChannelMap, Layer, OwnParam, Shape, between, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class Bias(Layer):
    """Add a blob that is aligned with the axes starting at ``axis`` and broadcast over the others.

    The blob is the second bottom, or the param ``bias`` with the size of ``num_axes`` axes (-1: all that
    follow; 0: a single number).

    Shapes: bottom any, top the same. Source: Caffe's ``bias_layer``.
    """

    family = "activation"
    any_layout = True
    fresh_top = True
    messages = ("bias_param",)
    bottoms = between(1, 2)
    param_names = ("bias",)
    may_be_in_place = True
    bias: nn.Parameter | None

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis = _axis(param, bottom_shapes)

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if len(param.bottom) < 2:
            return {}
        why = "it describes the param, which the second bottom replaces"
        return dict.fromkeys(("bias_param.filler", "bias_param.num_axes"), why)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        axis = _axis(param, bottoms)
        if len(bottoms) > 1:
            check_spans(bottoms[0], bottoms[1], axis)
        return [bottoms[0]]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        if len(bottoms) > 1:
            return []
        p = param.bias_param
        shape = spanned(bottoms[0], _axis(param, bottoms), p.num_axes, "bias_param.num_axes")
        return [OwnParam("bias", shape, p.filler)]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        if len(bottoms.names) > 1:
            return f"{bottoms.first} + {factor_source(bottoms, self.axis)}"
        assert self.bias is not None
        bias, axes = source.param("bias", self.bias), len(bottoms.shapes[0])
        return f"{bottoms.first} + {spread_source(bias, tuple(self.bias.shape), self.axis, axes)}"

    def channel_map(self) -> ChannelMap | None:
        return (
            None
            if self.axis != 1 or self.bias is None or self.bias.dim() != 1
            else ChannelMap(None, self.bias)
        )

    def forward(self, x: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
        bias = self.bias if bias is None else bias
        assert bias is not None
        return x + spread(bias, x, self.axis)


def _axis(param: LayerParameter, bottoms: Sequence[Shape]) -> int:
    if len(bottoms) > 1 and not bottoms[1]:
        return 0
    return canonical_axis(param.bias_param.axis, len(bottoms[0]), "bias_param.axis")
