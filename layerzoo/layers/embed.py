"""Embed: look up a learned vector for each index."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import LabelCheck
from layerzoo.layer import Layer, OwnParam, Shape, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class Embed(LabelCheck, Layer):
    """Embedding lookup: ``y = weight[x] + bias``, an InnerProduct of one-hot vectors.

    Shapes: bottom any, with indices from 0 to ``input_dim - 1``; top the same with a last axis of
    ``num_output`` appended; ``weight`` (input_dim, num_output), ``bias`` (num_output). Source: Caffe's
    ``embed_layer``.
    """

    family = "common"
    example = 'input_dim: 8000 num_output: 128 weight_filler { type: "gaussian" std: 0.1 }'
    looks_up_rows = True
    messages = ("embed_param",)
    param_names = ("weight", "bias")
    label_word = "input"
    weight: nn.Parameter
    bias: nn.Parameter | None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        return [(*bottoms[0], param.embed_param.num_output)]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        p = param.embed_param
        for field, value in (("num_output", p.num_output), ("input_dim", p.input_dim)):
            if not value:
                raise LayerFault(f"{field} must be at least 1", field=f"embed_param.{field}")
        own = [OwnParam("weight", (p.input_dim, p.num_output), p.weight_filler)]
        return [*own, OwnParam("bias", (p.num_output,), p.bias_filler)] if p.bias_term else own

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return param.embed_param.input_dim

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        count, size = self.weight.shape
        module = source.module(f"nn.Embedding({count}, {size})", weight=self.weight)
        vectors = f"{module}({bottoms.first}.long())"
        return vectors if self.bias is None else f"{vectors} + {source.param('bias', self.bias)}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        top = F.embedding(self.indices(x, self.weight.shape[0]), self.weight)
        return top if self.bias is None else top + self.bias
