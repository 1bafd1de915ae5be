"""Correlation: compare patches of two blobs at many displacements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor, nn

from layerzoo.functional.correlation import check_correlation, check_fit, correlations
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import CorrelationParameter, LayerParameter


@register
class Correlation(Layer):
    """Compare each patch of the first bottom with patches of the second around the same place.

    Channel ``i`` of the top is for one displacement, in rows of ``2 (max_displacement // stride_2) + 1``. Its
    value is the mean of the products of the two patches' values (MULTIPLY), or of their absolute differences
    (SUBTRACT).

    Shapes: bottoms (N, C, H, W), both; top (N, D^2, H', W') with D = 2 (max_displacement // stride_2) + 1 and
    H' = ceil((H + 2 pad - 2 max_displacement - kernel_size + 1) / stride_1). Source: ``correlation_layer`` of
    lmb-freiburg/flownet2; Dosovitskiy et al. 2015 (FlowNet).
    """

    family = "vision"
    example = "kernel_size: 1 max_displacement: 1 pad: 1"
    messages = ("correlation_param",)
    ignores: ClassVar[Mapping[str, str]] = {
        "correlation_param.do_abs": "the fork doesn't use it",
        "correlation_param.single_direction": "only Correlation1D reads it",
    }
    bottoms = exactly(2)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.correlation_param
        check_correlation(p, bottoms)
        count = 2 * (p.max_displacement // p.stride_2) + 1
        sizes = _sizes(p, bottoms[0])
        check_fit(p, bottoms[0], sizes)
        return [(bottoms[0][0], count**2, *sizes)]

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        n, displacements, height, width = tops[0]
        return n * displacements * height * width * bottoms[0][1] * param.correlation_param.kernel_size**2

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        p = self.param.correlation_param
        height, width = _sizes(p, tuple(x.shape))
        one, two = (nn.functional.pad(blob, (p.pad,) * 4) for blob in (x, y))
        start, most = p.max_displacement, p.max_displacement // p.stride_2 * p.stride_2
        displacements = range(-most, most + 1, p.stride_2)
        return correlations(p, one, two, (start, start), (height, width), displacements, displacements)


def _sizes(p: CorrelationParameter, shape: Shape) -> list[int]:
    """Height and width of the top."""
    reach = p.max_displacement
    return [-(-(size + 2 * p.pad - 2 * reach - p.kernel_size + 1) // p.stride_1) for size in shape[2:]]
