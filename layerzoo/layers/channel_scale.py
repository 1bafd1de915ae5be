"""ChannelScale: all channels of a place times one number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import torch
from torch import nn

from layerzoo.errors import LayerFault
from layerzoo.functional.surrogate import with_gradient_of
from layerzoo.functional.transforms import store
from layerzoo.layer import Layer, OwnParam, Shape, between, exactly, register
from layerzoo.python_source import Operands, PythonSource, listed
from layerzoo.schema import FillerParameter, LayerParameter


@register
class ChannelScale(Layer):
    """All channels of a place times the second bottom, or times one number with ``global_scale``.

    That number, between ``min_global_scale`` and ``max_global_scale``, begins at -1, which is none, and isn't
    learned. The fields ``do_...`` switch parts of the layer off.

    Shapes: bottoms (N, C, ...) and one scale per item and place; tops like the first, and optionally the
    number (1) with ``global_scale``; ``scale`` (1). Source: ``channel_scale_layer`` of
    happynear/caffe-windows.
    """

    family = "common"
    messages = ("channel_scale_param",)
    ignores = {"channel_scale_param.init_global_scale": "the number begins at -1"}  # noqa: RUF012
    param_names = ("scale",)
    bottoms = exactly(2)
    tops = between(1, 2)
    scale: nn.Parameter | None

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if param.channel_scale_param.global_scale:
            return cls.ignores
        fields = ("channel_scale_param.max_global_scale", "channel_scale_param.min_global_scale")
        return {**cls.ignores, **dict.fromkeys(fields, "global_scale is not set")}

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        p = param.channel_scale_param
        if p.do_forward and p.do_backward_feature and p.do_backward_scale and not p.global_scale:
            return None
        given = "scaled" if p.do_backward_feature else "unscaled"
        return (
            f"{given} for the features, {'that of a product' if p.do_backward_scale else '0'} for the scales"
        )

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        features, scales = bottoms
        if len(features) < 2 or features[:1] != scales[:1] or prod(scales) * features[1] != prod(features):
            raise LayerFault(
                f"scales of shape {scales} for features of shape {features}; expected one per item and place",
                bottom=1,
            )
        if len(param.top) > 1 and not param.channel_scale_param.global_scale:
            raise LayerFault("a second top", hint="only global_scale has one")
        return [features, (1,)][: max(1, len(param.top))]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        if not param.channel_scale_param.global_scale:
            return []
        none = FillerParameter(type="constant", value=-1)
        return [OwnParam("scale", (1,), none, learns=False)]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        x, scales = bottoms.names
        forward = self.param.channel_scale_param.do_forward
        if self.scale is not None and forward:
            factor = top = source.param("scale", self._bounded(self.scale))
        else:
            factor = f"{scales}.reshape({listed((-1, 1, *bottoms.shapes[0][2:]))})"
            top = f"{x}.new_zeros(1)"
        y = f"{x} * {factor}" if forward else x
        return f"{y}, {top}" if self.top_count > 1 else y

    def _bounded(self, scale: torch.Tensor) -> torch.Tensor:
        p = self.param.channel_scale_param
        return scale.detach().clamp(max=p.max_global_scale).clamp(min=p.min_global_scale)

    def forward(self, x: torch.Tensor, scales: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        p = self.param.channel_scale_param
        s = scales.reshape(x.shape[0], 1, *x.shape[2:])
        if self.surrogate_gradient(self.param) is None:
            return x * s
        factor, top = s, x.new_zeros(1)
        if self.scale is not None and p.do_forward:
            bounded = self._bounded(self.scale)
            store(self.scale, bounded)
            factor = top = bounded.to(x.dtype)
        potential = x * s.detach() if p.do_backward_feature else x
        if p.do_backward_scale:
            potential = potential + x.detach() * s
        y = with_gradient_of(x * factor if p.do_forward else x, potential)
        return (y, top.clone()) if self.top_count > 1 else y
