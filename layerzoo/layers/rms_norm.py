"""RMSNorm: divide the last axes of each sample by their root mean square."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.nn import functional as F

from layerzoo.functional.normalisation import check_eps, filler_of_ones
from layerzoo.layer import Layer, OwnParam, Shape, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter


@register
class RMSNorm(Layer):
    """Divide by the root mean square over the axes from ``axis`` on, then scale.

    ``y = weight * x / sqrt(mean(x^2) + eps)``.

    Shapes: bottom any with that axis, top the same; ``weight`` has the shape of the normalised axes. Source:
    Zhang and Sennrich 2019, Root Mean Square Layer Normalization.
    """

    family = "normalisation"
    messages = ("rms_norm_param",)
    example_bottoms = ((2, 3, 4),)
    stays_fp32 = True
    may_be_in_place = True
    param_names = ("weight",)
    weight: nn.Parameter | None

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.sizes = _normalised(param, bottom_shapes[0])
        self.eps = param.rms_norm_param.eps

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        return {} if param.rms_norm_param.scale else {"rms_norm_param.scale_filler": "scale is false"}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        _normalised(param, bottoms[0])
        check_eps(param.rms_norm_param.eps, "rms_norm_param.eps")
        return [bottoms[0]]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        p, shape = param.rms_norm_param, _normalised(param, bottoms[0])
        return [OwnParam("weight", shape, filler_of_ones(p, "scale_filler"))] if p.scale else []

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        affine = "" if self.weight is not None else ", elementwise_affine=False"
        module = source.module(
            f"nn.RMSNorm({self.sizes}, eps={number(self.eps)}{affine})", weight=self.weight
        )
        return f"{module}({bottoms.first})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.rms_norm(x, x.shape[-len(self.sizes) :], self.weight, self.eps)


def _normalised(param: LayerParameter, shape: Shape) -> Shape:
    """Sizes of the normalised axes."""
    return shape[canonical_axis(param.rms_norm_param.axis, len(shape), "rms_norm_param.axis") :]
