"""ROIAlign: bilinear samples in each bin of a region of interest."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import ExportError, LayerFault
from layerzoo.functional import onnx_operators
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.regions import (
    COORDINATES,
    check_regions,
    exactly_divided,
    sample_in_bins,
    sample_weights,
)
from layerzoo.functional.regions_source import SAMPLES
from layerzoo.functional.transforms import may_read
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.python_source import Operands, PythonSource, listed, number
from layerzoo.schema import LayerParameter

_MOST_SAMPLES = 1000


@register
class ROIAlign(LabelCheck, Layer):
    """Sample each region of interest at points between elements, without rounding the region.

    Two forks have this name; the message that is given decides. With ``roi_align_param`` (Mask R-CNN) each
    bin is the mean of ``sampling_ratio^2`` bilinear samples, regularly spaced in it; a region is at least 1
    element wide and high, and a sample more than 1 element outside the image is 0. With
    ``roi_pooling_param`` (Cascade R-CNN) the top holds the samples at the corners of the bins, one more along
    each axis, which a Pooling layer then averages; regions are half an element further left and up and may
    have ``pad_ratio``, and a sample outside the image, or of a region without area, is 0. Regions get no
    gradient.

    Shapes: bottoms (N, C, H, W) and R regions (R, 5) of image index, x1, y1, x2, y2; top (R, C, pooled_h,
    pooled_w), or (R, C, pooled_h + 1, pooled_w + 1) with ``roi_pooling_param``. Source: He et al. 2017, "Mask
    R-CNN"; ``roi_align_layer`` of zhaoweicai/cascade-rcnn; Cai and Vasconcelos 2018.
    """

    family = "detection"
    needs_images = True
    example = "pooled_h: 7 pooled_w: 7 spatial_scale: 0.0625 sampling_ratio: 2"
    messages = ("roi_align_param", "roi_pooling_param")
    bottoms = exactly(2)
    without_gradient = (1,)
    stays_fp32 = True
    label_word = "image index of a region"

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.of_corners = param.HasField("roi_pooling_param")
        p = param.roi_pooling_param if self.of_corners else param.roi_align_param
        self.pooled = (p.pooled_h, p.pooled_w)
        self.spatial_scale = p.spatial_scale
        self.pad_ratio = param.roi_pooling_param.pad_ratio
        self.sampling_ratio = param.roi_align_param.sampling_ratio

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        check_regions(*bottoms)
        of_corners = param.HasField("roi_pooling_param")
        if of_corners == param.HasField("roi_align_param"):
            given = (
                "both roi_align_param and roi_pooling_param are" if of_corners else "no roi_align_param is"
            )
            raise LayerFault(
                f"{given} given",
                field="roi_align_param",
                hint="roi_align_param is Mask R-CNN's layer, roi_pooling_param Cascade R-CNN's: give one",
            )
        name = "roi_pooling_param" if of_corners else "roi_align_param"
        p = getattr(param, name)
        for size in ("pooled_h", "pooled_w"):
            if getattr(p, size) < 1:
                raise LayerFault(f"{size} must be at least 1", field=f"{name}.{size}", hint=f"e.g. {size}: 7")
        if of_corners and p.pooled_size:
            raise LayerFault(
                "ROIAlign doesn't read pooled_size",
                field=f"{name}.pooled_size",
                hint="give pooled_h, pooled_w",
            )
        if param.roi_align_param.sampling_ratio > _MOST_SAMPLES:
            message = (
                f"sampling_ratio {param.roi_align_param.sampling_ratio}; expected at most {_MOST_SAMPLES}"
            )
            raise LayerFault(message, field="roi_align_param.sampling_ratio", hint="e.g. sampling_ratio: 2")
        return [(bottoms[1][0], bottoms[0][1], p.pooled_h + of_corners, p.pooled_w + of_corners)]

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return shapes[0][0] if bottom == 1 else None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        if self.of_corners:
            raise ExportError(f"layer '{self.name}': Cascade R-CNN's ROIAlign can't be written as Python")
        source.helpers["roi_align"] = SAMPLES
        rest = f"{listed(self.pooled)}, {number(self.spatial_scale)}, {max(self.sampling_ratio, 0)}"
        return f"roi_align({bottoms.first}, {bottoms.names[1]}.reshape(-1, 5), {rest})"

    def forward(self, x: torch.Tensor, regions: torch.Tensor) -> torch.Tensor:
        regions = regions.detach().reshape(-1, COORDINATES)
        if onnx_operators.wanted() and not self.of_corners:
            image, samples = self.indices(regions[:, 0], x.shape[0]), max(self.sampling_ratio, 0)
            return onnx_operators.roi_align(
                x, regions[:, 1:], image, *self.pooled, samples, self.spatial_scale
            )
        low, high = regions[:, 1:3], regions[:, 3:]
        weights = self._weights_of_corners if self.of_corners else self._weights_of_bins
        across, down = (
            weights(low[:, axis], high[:, axis], self.pooled[1 - axis], x.shape[3 - axis]) for axis in (0, 1)
        )
        return sample_in_bins(x, self.indices(regions[:, 0], x.shape[0]), down, across)

    def _weights_of_bins(self, low: torch.Tensor, high: torch.Tensor, count: int, size: int) -> torch.Tensor:
        """Weight of each element along one axis in each bin, shape (R, ``count``, ``size``)."""
        low, high = low * self.spatial_scale, high * self.spatial_scale
        step = exactly_divided((high - low).clamp(min=1), count)
        if self.sampling_ratio > 0:
            most = self.sampling_ratio
            samples = torch.full_like(step, most)
        else:
            samples = step.ceil()
            # a region may be larger than the image; a compiled pass can't read how large
            most = size // count + 2 if not may_read() else int(samples.max()) if samples.numel() else 1
        number = torch.arange(most, dtype=low.dtype, device=low.device)
        within = (number + 0.5) / samples.unsqueeze(-1)
        bin_of = torch.arange(count, dtype=low.dtype, device=low.device).unsqueeze(-1)
        points = low.reshape(-1, 1, 1) + (bin_of + within.unsqueeze(-2)) * step.reshape(-1, 1, 1)
        used = (points >= -1) & (points <= size) & (within.unsqueeze(-2) < 1)
        return sample_weights(points, used, size) / samples.reshape(-1, 1, 1)

    def _weights_of_corners(
        self, low: torch.Tensor, high: torch.Tensor, count: int, size: int
    ) -> torch.Tensor:
        """Weight of each element along one axis at each corner, shape (R, ``count + 1``, ``size``)."""
        context = (high - low + 1) * self.pad_ratio
        low = (low - context) * self.spatial_scale - 0.5
        high = (high + context) * self.spatial_scale - 0.5
        step = ((high - low) / count).unsqueeze(-1)
        points = low.unsqueeze(-1) + torch.arange(count + 1, dtype=low.dtype, device=low.device) * step
        used = (points >= -0.5) & (points <= size - 0.5) & (step > 0)
        return sample_weights(points.unsqueeze(-1), used.unsqueeze(-1), size)
