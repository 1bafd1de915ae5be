"""Threshold: step function."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter


@register
class Threshold(Layer):
    """Step function: ``y = 1`` where ``x > threshold``, otherwise 0. No gradient.

    Shapes: bottom any, top the same. Source: Caffe's ``threshold_layer``.
    """

    family = "activation"
    any_layout = True
    no_gradient = "it is a step function"
    messages = ("threshold_param",)
    may_be_in_place = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.threshold = param.threshold_param.threshold

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"({bottoms.first} > {number(self.threshold)}).to({bottoms.first}.dtype)"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x > self.threshold).to(x.dtype)
