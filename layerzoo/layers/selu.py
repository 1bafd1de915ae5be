"""SELU: scaled exponential linear unit."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.functional.selu import selu, selu_source
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class SELU(Layer):
    """Scaled exponential linear unit: ``y = lambda x`` above 0, ``lambda alpha (exp(x) - 1)`` below.

    Shapes: bottom any, top the same. Source: Klambauer et al. 2017; forks of Caffe, ``selu_layer``, some of
    which call it SeLu.
    """

    family = "activation"
    messages = ("selu_param",)
    may_be_in_place = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.alpha, self.scale = param.selu_param.alpha, getattr(param.selu_param, "lambda")

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return selu_source(bottoms.first, self.alpha, self.scale)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return selu(x, self.alpha, self.scale)
