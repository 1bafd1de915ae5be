"""Scale: multiply by a smaller blob, broadcast, and optionally add a bias."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from layerzoo.errors import ExportError
from layerzoo.functional.broadcast import check_spans, factor_source, spanned, spread, spread_source
from layerzoo.functional.normalisation import replaced
from layerzoo.functional.surrogate import with_gradient_of
from layerzoo.layer import ChannelMap, Layer, OwnParam, Shape, between, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import FillerParameter, LayerParameter


@register
class Scale(Layer):
    """Multiply by a blob that is aligned with the axes starting at ``axis`` and broadcast over the others.

    The blob is the second bottom, or the param ``weight`` with the size of ``num_axes`` axes (-1: all that
    follow; 0: a single number), initially 1. With ``bias_term`` a param of the same shape is added.
    With ``min_value`` and ``max_value``, the factors are limited before each pass, also in the param itself;
    the gradient doesn't know of the limits.

    Shapes: bottom any, top the same. Source: Caffe's ``scale_layer``; ``min_value``
    and ``max_value``: caffe-windows.
    """

    family = "activation"
    any_layout = True
    fresh_top = True
    example = "bias_term: true"
    messages = ("scale_param",)
    bottoms = between(1, 2)
    param_names = ("weight", "bias")
    may_be_in_place = True
    weight: nn.Parameter | None
    bias: nn.Parameter | None

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis = _axis(param, bottom_shapes)
        p = param.scale_param
        self.limits = tuple(getattr(p, n) if p.HasField(n) else None for n in ("min_value", "max_value"))

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if len(param.bottom) < 2:
            return {}
        why = "it describes the param, which the second bottom replaces"
        return dict.fromkeys(("scale_param.filler", "scale_param.num_axes"), why)

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        limited = param.scale_param.HasField("min_value") or param.scale_param.HasField("max_value")
        return "that of the limited factors" if limited else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        axis = _axis(param, bottoms)
        if len(bottoms) > 1:
            check_spans(bottoms[0], bottoms[1], axis)
        return [bottoms[0]]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        p = param.scale_param
        own = []
        if len(bottoms) > 1:
            shape = bottoms[1]
        else:
            shape = spanned(bottoms[0], _axis(param, bottoms), p.num_axes, "scale_param.num_axes")
            ones = FillerParameter(type="constant", value=1)
            own.append(OwnParam("weight", shape, p.filler if p.HasField("filler") else ones))
        return [*own, OwnParam("bias", shape, p.bias_filler)] if p.bias_term else own

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        axes = len(bottoms.shapes[0])
        if len(bottoms.names) > 1:
            if self.limits != (None, None):
                raise ExportError(f"layer '{self.name}': limits of a bottom can't be written")
            factor = factor_source(bottoms, self.axis)
        else:
            assert self.weight is not None
            value = self.weight if self.limits == (None, None) else self.weight.detach().clamp(*self.limits)
            weight = source.param("weight", value)
            factor = spread_source(weight, tuple(self.weight.shape), self.axis, axes)
        product = f"{bottoms.first} * {factor}"
        if self.bias is None:
            return product
        bias = source.param("bias", self.bias)
        return f"{product} + {spread_source(bias, tuple(self.bias.shape), self.axis, axes)}"

    def channel_map(self) -> ChannelMap | None:
        if self.axis != 1 or self.weight is None or self.weight.dim() != 1 or self.limits != (None, None):
            return None
        return ChannelMap(self.weight, self.bias)

    def forward(self, x: torch.Tensor, scale: torch.Tensor | None = None) -> torch.Tensor:
        scale = self.weight if scale is None else scale
        assert scale is not None
        if self.limits != (None, None):
            scale = self._limited(scale)
        if self.bias is None:
            return x * spread(scale, x, self.axis)
        return torch.addcmul(spread(self.bias, x, self.axis), x, spread(scale, x, self.axis))

    def _limited(self, scale: torch.Tensor) -> torch.Tensor:
        value = scale.detach().clamp(*self.limits)
        return replaced(scale, value) if scale is self.weight else with_gradient_of(value, scale)


def _axis(param: LayerParameter, bottoms: Sequence[Shape]) -> int:
    if len(bottoms) > 1 and not bottoms[1]:
        return 0
    return canonical_axis(param.scale_param.axis, len(bottoms[0]), "scale_param.axis")
