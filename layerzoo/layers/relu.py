"""ReLU: rectified linear unit, optionally leaky."""

from __future__ import annotations

from functools import partial

import torch
from torch.nn import functional as F

from layerzoo.layer import Activation, Layer, register
from layerzoo.python_source import Operands, PythonSource, number


@register
class ReLU(Layer):
    """Rectified linear unit: ``y = max(x, 0) + negative_slope * min(x, 0)``.

    Shapes: bottom any, top the same. Source: Caffe's ``relu_layer``; Nair and Hinton 2010; leaky: Maas et
    al. 2013.
    """

    family = "activation"
    rectifies = True
    any_layout = True
    example = "negative_slope: 0.01"
    messages = ("relu_param",)
    hints = ("relu_param.engine",)
    may_be_in_place = True

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        slope = self.param.relu_param.negative_slope
        return f"F.leaky_relu({bottoms.first}, {number(slope)})" if slope else f"F.relu({bottoms.first})"

    def activation(self) -> Activation:
        slope = self.param.relu_param.negative_slope
        if slope:
            return Activation("leaky_relu", (slope,), partial(F.leaky_relu_, negative_slope=slope))
        return Activation("relu", (), F.relu_)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        slope = self.param.relu_param.negative_slope
        return F.leaky_relu(x, slope) if slope else F.relu(x)
