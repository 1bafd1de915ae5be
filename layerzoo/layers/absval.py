"""AbsVal: absolute value."""

from __future__ import annotations

import torch

from layerzoo.layer import Layer, register


@register
class AbsVal(Layer):
    """Absolute value: ``y = |x|``; the gradient at 0 is 0.

    Shapes: bottom any, top the same. Source: Caffe's ``absval_layer``, which can't run in place.
    """

    family = "activation"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.abs()
