"""BoxOutput: proposals of MS-CNN, from scores and boxes at several scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.anchors import choose_proposals
from layerzoo.functional.field_boxes import (
    decode_fields,
    denormalised,
    normalisation,
    overlap_of,
    region_tops,
)
from layerzoo.layer import Layer, Shape, at_least, between, register
from layerzoo.schema import LayerParameter


@register
class BoxOutput(Layer):
    """Propose regions, from a blob of scores and boxes for each scale of objects.

    The score of a box is that of its best class less that of the background. Boxes of a score below
    ``fg_thr``, small ones, and those that a better one overlaps by more than ``iou_thr`` are left out. The
    number of regions depends on values; without any there is one region of 10 x 10 pixels.

    Shapes: bottoms (N, classes + 4, H, W), one per scale; tops (R, 5, 1, 1) regions of image index, x1, y1,
    x2, y2, and (R, 6, 1, 1), the same with scores. Source: ``box_output_layer`` of zhaoweicai/mscnn; Cai et
    al. 2016, "MS-CNN".
    """

    family = "detection"
    example_bottoms = ((2, 7, 3, 4),)
    example = "field_h: 60 field_w: 60 downsample_rate: 8"
    messages = ("box_output_param", "bbox_reg_param")
    ignores: ClassVar[Mapping[str, str]] = {"bbox_reg_param.cls_aware": "proposals have no classes"}
    bottoms = at_least(1)
    tops = between(1, 2)
    no_gradient = "it chooses boxes"
    stays_fp32 = True
    shapes_by_value = True
    regions_field = "box_output_param.max_post_nms_num"

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.mean, self.std = normalisation(param.bbox_reg_param)
        p = param.box_output_param
        self.scales = list(zip(p.field_w, p.field_h, p.downsample_rate, strict=True))

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.box_output_param
        normalisation(param.bbox_reg_param)
        overlap_of(p.nms_type, 0, "box_output_param.nms_type")
        for name in ("field_h", "field_w", "downsample_rate"):
            values = getattr(p, name)
            if len(values) != len(bottoms) or not min(values, default=1) > 0:
                raise LayerFault(
                    f"{len(values)} of {name} for {len(bottoms)} bottoms; expected one above 0 for each",
                    field=f"box_output_param.{name}",
                )
        for name in ("field_whr", "field_xyr"):
            if not getattr(p, name) > 0:
                raise LayerFault(f"{name} must be above 0", field=f"box_output_param.{name}")
        for index, shape in enumerate(bottoms):
            if len(shape) != 4 or shape[0] != bottoms[0][0] or shape[1] < 6:
                raise LayerFault(
                    f"a bottom of shape {shape}; expected (N, classes + 4, H, W) with the same N in all, and "
                    "two classes at least",
                    bottom=index,
                )
        total = sum(shape[2] * shape[3] for shape in bottoms)
        limits = [n for n in (p.max_nms_num, p.max_post_nms_num) if n]
        regions = max(1, bottoms[0][0] * min([total, *limits]))
        tops: list[Shape] = [(regions, 5, 1, 1), (regions, 6, 1, 1)]
        return tops[: max(1, len(param.top))]

    def shapes_for(self, bottoms: Sequence[Tensor]) -> list[Shape]:
        tops = self(*bottoms)
        return [tuple(top.shape) for top in (tops if isinstance(tops, tuple) else (tops,))]

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        p = self.param.box_output_param
        boxes, scores, allowed = [], [], []
        for bottom, (width, height, rate) in zip(bottoms, self.scales, strict=True):
            x = bottom.detach()
            score = (x[:, 1:-4].amax(1) - x[:, 0]).flatten(1)
            numbers = denormalised(x[:, -4:].movedim(1, -1), self.mean, self.std).movedim(-1, 1)
            box = decode_fields(numbers, x.new_tensor([width, height]), rate, 1 / p.field_xyr, p.field_whr)
            corner, sides = torch.split(box.flatten(1, 2), 2, -1)
            corner = corner.clamp(min=0)
            sides = torch.minimum(sides, x.new_tensor([x.shape[3] * rate, x.shape[2] * rate]) - corner)
            boxes.append(torch.cat((corner, corner + sides), -1))
            scores.append(score)
            allowed.append((score >= p.fg_thr) & (sides >= p.min_size).all(-1))
        # of equal scores the last comes first, as in MS-CNN
        flipped = [torch.cat(blobs, 1).flip(1) for blobs in (boxes, scores, allowed)]
        measure = overlap_of(p.nms_type, 0.0, "box_output_param.nms_type")
        limits = (p.max_nms_num, p.max_post_nms_num, p.iou_thr)
        chosen = choose_proposals(flipped[0], flipped[1], flipped[2], *limits, measure)
        tops = region_tops(chosen.regions, chosen.scores, self.top_count)
        return tops if len(tops) > 1 else tops[0]
