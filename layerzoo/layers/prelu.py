"""PReLU: rectified linear unit with a learned slope."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, OwnParam, Shape, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import FillerParameter, LayerParameter


@register
class PReLU(Layer):
    """Parametric ReLU: ``y = max(x, 0) + slope * min(x, 0)`` with a learned slope per channel.

    Shapes: bottom (N, C, ...), top the same; ``slope`` (C), or () with ``channel_shared``, initialised by
    ``filler``, by default with 0.25. Source: Caffe's ``prelu_layer``; He et al. 2015.
    """

    family = "activation"
    any_layout = True
    messages = ("prelu_param",)
    param_names = ("slope",)
    may_be_in_place = True
    slope: nn.Parameter

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if len(bottoms[0]) < 2:
            raise LayerFault(f"bottom of shape {bottoms[0]}, expected (N, C, ...)", bottom=0)
        return super().top_shapes(param, bottoms)

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        p = param.prelu_param
        filler = p.filler if p.HasField("filler") else FillerParameter(type="constant", value=0.25)
        return [OwnParam("slope", () if p.channel_shared else bottoms[0][1:2], filler)]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"F.prelu({bottoms.first}, {source.param('slope', self.slope)})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.prelu(x, self.slope)
