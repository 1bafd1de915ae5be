"""SELU: scaled exponential linear unit."""

from __future__ import annotations

import torch

from layerzoo.functional.selu import selu, selu_source
from layerzoo.layer import Layer, register
from layerzoo.python_source import Operands, PythonSource


@register
class SELU(Layer):
    """Scaled exponential linear unit: ``y = lambda x`` above 0, ``lambda alpha (exp(x) - 1)`` below.

    Shapes: bottom any, top the same. Source: Klambauer et al. 2017; forks of Caffe, ``selu_layer``, some of
    which call it SeLu.
    """

    family = "activation"
    messages = ("selu_param",)
    may_be_in_place = True

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return selu_source(
            bottoms.first, self.param.selu_param.alpha, getattr(self.param.selu_param, "lambda")
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return selu(x, self.param.selu_param.alpha, getattr(self.param.selu_param, "lambda"))
