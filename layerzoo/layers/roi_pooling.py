"""ROIPooling: the maximum in each bin of a region of interest."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional import onnx_operators
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.regions import (
    COORDINATES,
    bins_of_whole_elements,
    check_regions,
    max_in_bins,
    round_away,
)
from layerzoo.functional.regions_source import MAXIMUM, ROUND
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.python_source import Operands, PythonSource, listed, number
from layerzoo.schema import LayerParameter, ROIPoolingParameter


@register
class ROIPooling(LabelCheck, Layer):
    """Pool each region of interest to a grid of bins: the maximum in each bin.

    The corners of a region, scaled by ``spatial_scale``, are rounded to whole elements, which belong to it;
    neighbouring bins may share elements. A bin outside the image is 0. With ``pad_ratio`` (of MS-CNN) a
    region grows by that fraction of its sides first. Regions get no gradient, and, as in Fast R-CNN, neither
    does the bottom from a region whose second corner lies before its first.

    Shapes: bottoms (N, C, H, W) and R regions (R, 5) of image index, x1, y1, x2, y2; top (R, C, pooled_h,
    pooled_w). Source: ``roi_pooling_layer`` of rbgirshick/caffe-fast-rcnn; Girshick 2015, "Fast R-CNN".
    """

    family = "detection"
    needs_images = True
    example = "pooled_h: 7 pooled_w: 7 spatial_scale: 0.0625"
    messages = ("roi_pooling_param",)
    bottoms = exactly(2)
    without_gradient = (1,)
    stays_fp32 = True
    label_word = "image index of a region"

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.pooled = _pooled(param.roi_pooling_param)
        self.spatial_scale = param.roi_pooling_param.spatial_scale
        self.pad_ratio = param.roi_pooling_param.pad_ratio

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        check_regions(*bottoms)
        return [(bottoms[1][0], bottoms[0][1], *_pooled(param.roi_pooling_param))]

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return shapes[0][0] if bottom == 1 else None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        source.helpers |= {"round_away": ROUND, "roi_pool": MAXIMUM}
        regions = f"{bottoms.names[1]}.reshape(-1, 5)"
        rest = f"{listed(self.pooled)}, {number(self.spatial_scale)}"
        rest += f", {number(self.pad_ratio)}" if self.pad_ratio else ""
        return f"roi_pool({bottoms.first}, {regions}, {rest})"

    def forward(self, x: torch.Tensor, regions: torch.Tensor) -> torch.Tensor:
        regions = regions.detach().reshape(-1, COORDINATES)
        low, high = regions[:, 1:3], regions[:, 3:]
        if self.pad_ratio:
            context = (high - low + 1) * self.pad_ratio
            low, high = low - context, high + context
        if onnx_operators.wanted():
            boxes = torch.cat((regions[:, :1], low, high), -1)
            return onnx_operators.max_roi_pool(x, boxes, *self.pooled, self.spatial_scale)
        low, high = round_away(low * self.spatial_scale), round_away(high * self.spatial_scale)
        across, down = (
            bins_of_whole_elements(low[:, axis], high[:, axis], self.pooled[1 - axis], x.shape[3 - axis])
            for axis in (0, 1)
        )
        y = max_in_bins(x, self.indices(regions[:, 0], x.shape[0]), down, across)
        if y.requires_grad:
            y = torch.where((high >= low).all(-1).reshape(-1, 1, 1, 1), y, y.detach())
        return y


def _pooled(param: ROIPoolingParameter) -> tuple[int, int]:
    """Rows and columns of bins."""
    sizes = list(param.pooled_size)
    if sizes and (param.HasField("pooled_h") or param.HasField("pooled_w")):
        raise LayerFault(
            "both pooled_size and pooled_h, pooled_w are given",
            field="roi_pooling_param.pooled_size",
            hint="remove one of them",
        )
    if len(sizes) > 2:
        raise LayerFault(
            f"{len(sizes)} numbers in pooled_size; expected rows and columns of bins, or one number for both",
            field="roi_pooling_param.pooled_size",
        )
    rows, columns = (sizes * 2)[:2] if sizes else (param.pooled_h, param.pooled_w)
    names = ("pooled_size", "pooled_size") if sizes else ("pooled_h", "pooled_w")
    for size, name in zip((rows, columns), names, strict=True):
        if size < 1:
            raise LayerFault(
                f"{name} must be at least 1", field=f"roi_pooling_param.{name}", hint=f"e.g. {name}: 7"
            )
    return rows, columns
