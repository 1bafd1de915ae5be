"""PSROIPooling: the mean in each bin of a region of interest, each bin over channels of its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.regions import (
    COORDINATES,
    bins_of_fractions,
    check_regions,
    mean_in_bins_by_position,
    round_away,
)
from layerzoo.functional.regions_source import MEAN, ROUND
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter

_LARGEST_SCALE = 10**6


@register
class PSROIPooling(LabelCheck, Layer):
    """Position-sensitive pooling of regions of interest: the mean in each bin over the bin's own channels.

    Channel ``(d G + i) G + j`` of the bottom, G being ``group_size``, belongs to channel d of the top and the
    bin in row i, column j. The corners of a region are rounded in the input image and then scaled, so that
    bins begin and end between elements; an element that a bin touches counts wholly. A bin outside the image
    is 0. Regions get no gradient.

    Shapes: bottoms (N, output_dim * group_size^2, H, W) and R regions (R, 5) of image index, x1, y1, x2, y2;
    top (R, output_dim, group_size, group_size). Source: ``psroi_pooling_layer`` of daijifeng001/caffe-rfcn;
    Dai et al. 2016, "R-FCN".
    """

    family = "detection"
    needs_images = True
    example = "spatial_scale: 0.0625 output_dim: 1 group_size: 1"
    messages = ("psroi_pooling_param",)
    bottoms = exactly(2)
    without_gradient = (1,)
    stays_fp32 = True
    label_word = "image index of a region"

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.spatial_scale = param.psroi_pooling_param.spatial_scale
        self.grid = param.psroi_pooling_param.group_size

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        check_regions(*bottoms)
        p = param.psroi_pooling_param
        for name in ("output_dim", "group_size"):
            if getattr(p, name) < 1:
                raise LayerFault(f"{name} must be at least 1", field=f"psroi_pooling_param.{name}")
        if not 0 < p.spatial_scale <= _LARGEST_SCALE:
            message = (
                f"spatial_scale {p.spatial_scale:g}; expected a number above 0, at most {_LARGEST_SCALE}"
            )
            raise LayerFault(message, field="psroi_pooling_param.spatial_scale")
        channels = p.output_dim * p.group_size**2
        if bottoms[0][1] != channels:
            raise LayerFault(
                f"a bottom of {bottoms[0][1]} channels; expected output_dim * group_size^2 = {channels}",
                bottom=0,
                hint=f"num_output of the layer that computes it must be {channels}",
            )
        return [(bottoms[1][0], p.output_dim, p.group_size, p.group_size)]

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return shapes[0][0] if bottom == 1 else None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        source.helpers |= {"round_away": ROUND, "psroi_pool": MEAN}
        regions = f"{bottoms.names[1]}.reshape(-1, 5)"
        return f"psroi_pool({bottoms.first}, {regions}, {self.grid}, {number(self.spatial_scale)})"

    def forward(self, x: torch.Tensor, regions: torch.Tensor) -> torch.Tensor:
        regions = regions.detach().reshape(-1, COORDINATES)
        low = round_away(regions[:, 1:3]) * self.spatial_scale
        high = (round_away(regions[:, 3:]) + 1) * self.spatial_scale
        across, down = (
            bins_of_fractions(low[:, axis], high[:, axis], self.grid, x.shape[3 - axis]) for axis in (0, 1)
        )
        return mean_in_bins_by_position(x, self.indices(regions[:, 0], x.shape[0]), down, across)
