"""Correlation1D: compare patches of two blobs at many horizontal displacements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor, nn

from layerzoo.errors import LayerFault
from layerzoo.functional.correlation import check_correlation, check_fit, correlations
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import CorrelationParameter, LayerParameter


@register
class Correlation1D(Layer):
    """Compare each patch of the first bottom with patches of the second to its left and right.

    Channel ``i`` of the top is for one displacement, from the leftmost on. Its value is the mean of the
    products of the two patches' values (MULTIPLY), or of their absolute differences (SUBTRACT). With r =
    ``max_displacement // stride_2``, the displacements in units of ``stride_2`` are -r to r, with
    ``single_direction: 1`` 0 to r, with -1 -r - 1 to -1. Beyond the padding are zeros.

    Shapes: bottoms (N, C, H, W), both; top (N, D, H', W') with D = 2 r + 1, or r + 1 with single_direction;
    H' = ceil((H - kernel_size + 1) / stride_1), W' = ceil((W + 2 pad - 2 max_displacement - kernel_size + 1)
    / stride_1). Source: ``correlation_layer1d`` of lmb-freiburg/flownet2; Mayer et al. 2016 (DispNet).
    """

    family = "vision"
    example = "kernel_size: 1 max_displacement: 1 pad: 1 single_direction: -1"
    messages = ("correlation_param",)
    ignores: ClassVar[Mapping[str, str]] = {"correlation_param.do_abs": "the fork doesn't use it"}
    bottoms = exactly(2)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.correlation_param
        check_correlation(p, bottoms)
        sizes = _sizes(p, bottoms[0])
        check_fit(p, bottoms[0], sizes)
        return [(bottoms[0][0], len(_displacements(param, bottoms[0][3])), *sizes)]

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        n, displacements, height, width = tops[0]
        return n * displacements * height * width * bottoms[0][1] * param.correlation_param.kernel_size**2

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        p = self.param.correlation_param
        height, width = _sizes(p, tuple(x.shape))
        across = _displacements(self.param, x.shape[3])
        # single_direction: -1 looks one stride_2 further than max_displacement
        further = max(0, -across.start - p.max_displacement)
        one, two = (nn.functional.pad(blob, (p.pad + further, p.pad)) for blob in (x, y))
        first = (0, p.max_displacement + further)
        return correlations(p, one, two, first, (height, width), range(1), across)


def _sizes(p: CorrelationParameter, shape: Shape) -> list[int]:
    """Height and width of the top."""
    extents = (shape[2], shape[3] + 2 * (p.pad - p.max_displacement))
    return [-(-(extent - p.kernel_size + 1) // p.stride_1) for extent in extents]


def _displacements(param: LayerParameter, width: int) -> range:
    """The displacements in pixels, for bottoms of a width.

    Raises:
        LayerFault: the direction isn't -1, 0 or 1.
    """
    p = param.correlation_param
    stride = min(p.stride_2, width + 2 * p.pad)  # one that leaves the padded blob meets zeros only
    most = p.max_displacement // stride * stride
    if p.single_direction == 0:
        return range(-most, most + 1, stride)
    if p.single_direction == 1:
        return range(0, most + 1, stride)
    if p.single_direction == -1:
        return range(-most - stride, 0, stride)
    raise LayerFault(
        f"single_direction is {p.single_direction}; -1 (left), 0 (both) and 1 (right) exist",
        field="correlation_param.single_direction",
    )
