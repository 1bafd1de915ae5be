"""BNLL: binomial normal log likelihood."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from layerzoo.layer import Layer, register
from layerzoo.python_source import Operands, PythonSource

_LINEAR_FROM = 50.0
"""From this value on, ``log(1 + exp(x))`` equals x in double precision."""


@register
class BNLL(Layer):
    """Binomial normal log likelihood, a smooth ReLU: ``y = log(1 + exp(x))``, also called softplus.

    Shapes: bottom any, top the same. Source: Caffe's ``bnll_layer``.
    """

    family = "activation"
    any_layout = True
    may_be_in_place = True
    stays_fp32 = True

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"F.softplus({bottoms.first}, threshold=50)"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.softplus(x, threshold=_LINEAR_FROM)
