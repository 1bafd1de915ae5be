"""Truncation: values between two bounds."""

from __future__ import annotations

import torch

from layerzoo.layer import Layer, register


@register
class Truncation(Layer):
    """Values between two bounds: ``y = min(max(x, lower_bound), upper_bound)``.

    Unlike Clip it passes no gradient at a bound itself.

    Shapes: bottom any, top the same. Source: ``truncation_layer`` of happynear/caffe-windows.
    """

    family = "activation"
    messages = ("truncation_param",)
    may_be_in_place = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        p = self.param.truncation_param
        inside = (x > p.lower_bound) & (x < p.upper_bound)
        bounded = x.detach().clamp(min=p.lower_bound).clamp(max=p.upper_bound)
        return torch.where(inside, x, bounded)
