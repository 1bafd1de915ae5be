"""ReLU6: rectified linear unit with an upper limit."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from layerzoo.layer import Layer, register
from layerzoo.python_source import Operands, PythonSource, number


@register
class ReLU6(Layer):
    """Limited rectified linear unit: ``y = min(max(x, 0) + negative_slope * min(x, 0), 6)``.

    Shapes: bottom any, top the same. Source: MobileNet-YOLO's fork and that of SSD for MobileNet
    (chuanqi305), ``relu6_layer``; Krizhevsky 2010.
    """

    family = "activation"
    rectifies = True
    messages = ("relu6_param",)
    hints = ("relu6_param.engine",)
    may_be_in_place = True

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        slope = self.param.relu6_param.negative_slope
        if not slope:
            return f"F.relu6({bottoms.first})"
        return f"F.leaky_relu({bottoms.first}, {number(slope)}).clamp(max=6)"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        slope = self.param.relu6_param.negative_slope
        if not slope:
            return F.relu6(x)
        # Not clamp: its gradient at exactly 6 is 1, and the fork's 0.
        return torch.where(x < 6, F.leaky_relu(x, slope), 6)
