"""SpatialDropout: set random channels to zero in training."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class SpatialDropout(Layer):
    """Set whole channels of samples to zero in training, with probability ``dropout_ratio``.

    The others are scaled by ``1 / (1 - dropout_ratio)``; in TEST the top equals the bottom.

    Shapes: bottom (N, C, ...), top the same. Source: Intel's fork, ``spatial_dropout_layer``; Tompson et al.
    2015.
    """

    family = "common"
    draws_for_elements = True
    example = "dropout_ratio: 0.5"
    messages = ("spatial_dropout_param",)
    may_be_in_place = True

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        ratio = param.spatial_dropout_param.dropout_ratio
        if not 0 <= ratio < 1:
            raise LayerFault(
                f"dropout_ratio {ratio:g} is not in [0, 1)", field="spatial_dropout_param.dropout_ratio"
            )
        if len(bottoms[0]) < 2:
            raise LayerFault(f"a bottom of shape {bottoms[0]}, expected (N, C, ...)", bottom=0)
        return [bottoms[0]]

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        return "SpatialDropout is random" if param.spatial_dropout_param.dropout_ratio > 0 else None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return bottoms.first

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        ratio = self.param.spatial_dropout_param.dropout_ratio
        if not self.training or not ratio:
            return x
        kept = self.random_uniform(x.shape[:2], x.device) > ratio
        return x * (kept.to(x.dtype) / (1 - ratio)).reshape(*x.shape[:2], *(1,) * (x.dim() - 2))
