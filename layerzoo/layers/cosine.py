"""Cosine: the cosine of an angle."""

from __future__ import annotations

import torch

from layerzoo.functional.surrogate import with_fixed_gradient
from layerzoo.layer import Layer, register
from layerzoo.schema import LayerParameter


@register
class Cosine(Layer):
    """The cosine: ``y = cos(x)``, x in radians. Its gradient is ``-sin(x)`` whatever arrives from above.

    Shapes: bottom any, top the same. Source: ``cosine_layer`` of happynear/caffe-windows, which leaves the
    gradient of its top out.
    """

    family = "activation"
    may_be_in_place = True

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        return "-sin(x), without the gradient of its top, as in caffe-windows"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return with_fixed_gradient(x, -x.sin()).cos()
