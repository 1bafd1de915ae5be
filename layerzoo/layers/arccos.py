"""Arccos: the angle of a cosine."""

from __future__ import annotations

import torch

from layerzoo.functional.surrogate import with_gradient_of
from layerzoo.layer import Layer, register

_BEND = 0.99
"""The slope at larger cosines is that at this one, as it has no bound near 1."""


@register
class Arccos(Layer):
    """The angle of a cosine: ``y = arccos(x)``, in radians, for x from -1 to 1.

    The slope above 0.99 is that at 0.99.

    Shapes: bottom any, top the same. Source: ``arccos_layer`` of happynear/caffe-windows.
    """

    family = "activation"
    may_be_in_place = True
    stays_fp32 = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        bounded = x.clamp(max=_BEND)
        beyond = (x - bounded) * -((1 - _BEND**2) ** -0.5)
        return with_gradient_of(x.acos(), bounded.acos() + beyond)
