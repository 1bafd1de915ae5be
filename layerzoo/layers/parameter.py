"""Parameter: a param blob as a top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import nn

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, OwnParam, Shape, exactly, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class Parameter(Layer):
    """A learnable param blob as a top, for layers that take it as a bottom.

    Shapes: no bottoms, top and param ``value`` of ``shape``; initialised by ``filler``, by default with 0.
    Source: Caffe's ``parameter_layer``; ``blob_filler``: caffe-windows; ``filler`` is ours.
    """

    family = "utility"
    example = "shape { dim: 1000 dim: 64 }"
    bottoms = exactly(0)
    messages = ("parameter_param",)
    param_names = ("value",)
    value: nn.Parameter

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if param.parameter_param.HasField("filler"):
            return {"parameter_param.blob_filler": "filler overrides it"}
        return {}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if not param.parameter_param.HasField("shape"):
            raise LayerFault("shape is missing", field="parameter_param.shape")
        return [tuple(param.parameter_param.shape.dim)]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        p = param.parameter_param
        filler = next((getattr(p, name) for name in ("filler", "blob_filler") if p.HasField(name)), None)
        return [OwnParam("value", cls.top_shapes(param, bottoms)[0], filler)]

    @classmethod
    def shares_memory(cls, param: LayerParameter) -> Literal["in a pass", "always"] | None:
        return "in a pass"

    def initial_tops(self) -> Sequence[torch.Tensor | None]:
        return [self.value]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return source.param("value", self.value)

    def forward(self) -> torch.Tensor:
        return self.value.view_as(self.value)
