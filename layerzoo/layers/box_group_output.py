"""BoxGroupOutput: proposals of Cascade R-CNN, from scores and boxes of groups at several scales."""

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
class BoxGroupOutput(Layer):
    """Propose regions, from blobs of probabilities and of boxes for each scale, in groups of field sizes.

    The score of a box is 1 less the probability of the background. Boxes of a score below ``fg_thr``, small
    ones, and those that a better one overlaps by more than ``iou_thr`` are left out. The number of regions
    depends on values; without any there is one region of 10 x 10 pixels.

    Shapes: pairs of bottoms (N G, classes, H, W) and (N G, 4, H, W), an image's G groups one after the other;
    tops (R, 5, 1, 1) regions of image index, x1, y1, x2, y2, and (R, 6, 1, 1), the same with scores. Source:
    ``box_group_output_layer`` of zhaoweicai/cascade-rcnn; Cai and Vasconcelos 2018, "Cascade R-CNN".
    """

    family = "detection"
    example_bottoms = ((2, 3, 4, 4), (2, 4, 4, 4))
    example = "box_group_param { field_h: 60 field_w: 60 stride: 8 }"
    messages = ("box_group_output_param", "bbox_reg_param")
    ignores: ClassVar[Mapping[str, str]] = {"bbox_reg_param.cls_aware": "proposals have no classes"}
    bottoms = at_least(2)
    tops = between(1, 2)
    no_gradient = "it chooses boxes"
    stays_fp32 = True
    shapes_by_value = True
    regions_field = "box_group_output_param.max_post_nms_num"

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.mean, self.std = normalisation(param.bbox_reg_param)
        groups = param.box_group_output_param.box_group_param
        self.groups = [
            (list(zip(group.field_w, group.field_h, strict=True)), group.stride) for group in groups
        ]

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.box_group_output_param
        normalisation(param.bbox_reg_param)
        overlap_of(p.nms_type, 1, "box_group_output_param.nms_type")
        groups = list(p.box_group_param)
        if len(bottoms) != 2 * len(groups):
            raise LayerFault(
                f"{len(groups)} of box_group_param for {len(bottoms)} bottoms; expected one for each pair",
                field="box_group_output_param.box_group_param",
            )
        for name in ("field_whr", "field_xyr"):
            if not getattr(p, name) > 0:
                raise LayerFault(f"{name} must be above 0", field=f"box_group_output_param.{name}")
        images, total = 0, 0
        for index, group in enumerate(groups):
            scores, boxes = bottoms[2 * index : 2 * index + 2]
            fields = [*group.field_h, *group.field_w, group.stride]
            if len(group.field_h) != len(group.field_w) or len(fields) < 3 or not min(fields) > 0:
                raise LayerFault(
                    f"{len(group.field_h)} field_h, {len(group.field_w)} field_w; expected as many, above 0",
                    field="box_group_output_param.box_group_param",
                )
            count = len(group.field_h)
            if len(scores) != 4 or scores[1] < 1 or scores[0] % count:
                raise LayerFault(
                    f"a bottom of shape {scores}; expected (N x {count}, classes, H, W)", bottom=2 * index
                )
            if boxes != (scores[0], 4, *scores[2:]) or (index and scores[0] // count != images):
                raise LayerFault(
                    f"bottoms of shapes {scores} and {boxes}; images and sizes must be equal, 4 channels",
                    bottom=2 * index + 1,
                )
            images, total = scores[0] // count, total + count * scores[2] * scores[3]
        limits = [n for n in (p.max_nms_num, p.max_post_nms_num) if n]
        regions = max(1, images * min([total, *limits]))
        tops: list[Shape] = [(regions, 5, 1, 1), (regions, 6, 1, 1)]
        return tops[: max(1, len(param.top))]

    def shapes_for(self, bottoms: Sequence[Tensor]) -> list[Shape]:
        tops = self(*bottoms)
        return [tuple(top.shape) for top in (tops if isinstance(tops, tuple) else (tops,))]

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        p = self.param.box_group_output_param
        boxes, scores, allowed = [], [], []
        for index, (group, stride) in enumerate(self.groups):
            probability, numbers = (blob.detach() for blob in bottoms[2 * index : 2 * index + 2])
            count, height, width = len(group), *numbers.shape[2:]
            images = numbers.shape[0] // count
            score = (1 - probability[:, 0]).reshape(images, count * height * width)
            numbers = denormalised(numbers.movedim(1, -1), self.mean, self.std).movedim(-1, 1)
            fields = numbers.new_tensor(group)
            numbers = numbers.reshape(images, count, 4, height, width)
            box = decode_fields(numbers, fields, stride, 1 / p.field_xyr, p.field_whr)
            corner, sides = torch.split(box.reshape(images, -1, 4), 2, -1)
            limit = numbers.new_tensor([width * stride, height * stride])
            end = torch.minimum(corner + sides - 1, limit)
            corner = corner.clamp(min=0)
            boxes.append(torch.cat((corner, end), -1))
            scores.append(score)
            allowed.append((score >= p.fg_thr) & (end - corner + 1 >= p.min_size).all(-1))
        measure = overlap_of(p.nms_type, 1.0, "box_group_output_param.nms_type")
        all_boxes, all_scores, all_allowed = (torch.cat(parts, 1) for parts in (boxes, scores, allowed))
        limits = (p.max_nms_num, p.max_post_nms_num, p.iou_thr)
        chosen = choose_proposals(all_boxes, all_scores, all_allowed, *limits, measure)
        tops = region_tops(chosen.regions, chosen.scores, self.top_count)
        return tops if len(tops) > 1 else tops[0]
