"""Sigmoid: the logistic function."""

from __future__ import annotations

import torch

from layerzoo.layer import Layer, register
from layerzoo.python_source import Operands, PythonSource


@register
class Sigmoid(Layer):
    """Logistic function: ``y = 1 / (1 + exp(-x))``.

    Shapes: bottom any, top the same. Source: Caffe's ``sigmoid_layer``.
    """

    family = "activation"
    any_layout = True
    gives_probabilities = True
    messages = ("sigmoid_param",)
    hints = ("sigmoid_param.engine",)
    may_be_in_place = True

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"torch.sigmoid({bottoms.first})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.sigmoid()
