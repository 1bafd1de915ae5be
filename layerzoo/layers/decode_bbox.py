"""DecodeBBox: the regions of the next stage of a Cascade R-CNN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import ClassVar

import torch
from torch import Tensor

from layerzoo.errors import DataError, LayerFault
from layerzoo.functional.field_boxes import denormalised, normalisation
from layerzoo.layer import Layer, Shape, between, exactly, register
from layerzoo.schema import TRAIN, LayerParameter


@register
class DecodeBBox(Layer):
    """Regions moved by the boxes that were predicted for them, without classes.

    In TRAIN, boxes whose second corner lies before the first are left out, and, with a third bottom, those
    that overlap an object by ``gt_iou_thr`` (its last column), as they are annotated ones.

    Shapes: bottoms (R, 8) boxes, of which the last four numbers count, (R, 5) regions of image index, x1, y1,
    x2, y2, and in TRAIN optionally (R, K) with overlaps in the last column; top (R, 5, 1, 1), in TRAIN with
    fewer regions, by value. Source: ``decode_bbox_layer`` of zhaoweicai/mscnn and cascade-rcnn; Cai and
    Vasconcelos 2018, "Cascade R-CNN".
    """

    family = "detection"
    example_bottoms = ((3, 8), (3, 5))
    messages = ("decode_bbox_param", "bbox_reg_param")
    ignores: ClassVar[Mapping[str, str]] = {"bbox_reg_param.cls_aware": "boxes have no classes"}
    bottoms = between(2, 3)
    tops = exactly(1)
    without_gradient = (0, 1, 2)
    no_gradient = "it chooses boxes"
    stays_fp32 = True
    shapes_by_value = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.mean, self.std = normalisation(param.bbox_reg_param)
        self.highest = param.decode_bbox_param.gt_iou_thr

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        normalisation(param.bbox_reg_param)
        count = bottoms[1][0] if bottoms[1] else 0
        for index, (shape, numbers) in enumerate(zip(bottoms, (8, 5, None), strict=False)):
            if len(shape) < 2 or shape[0] != count or numbers not in {prod(shape[1:]), None}:
                raise LayerFault(
                    f"a bottom of shape {shape}; expected ({count}, {numbers or 'K'})",
                    bottom=index,
                    hint="8 numbers of boxes and 5 of regions for each region",
                )
        if len(bottoms) > 2 and param.phase != TRAIN:
            raise LayerFault("a third bottom in TEST; objects are known in TRAIN only", bottom=2)
        return [(count, 5, 1, 1)]

    def shapes_for(self, bottoms: Sequence[Tensor]) -> list[Shape]:
        return [tuple(self(*bottoms).shape)]

    def forward(self, boxes: Tensor, regions: Tensor, matched: Tensor | None = None) -> Tensor:
        boxes, regions = boxes.detach().reshape(-1, 8)[:, 4:], regions.detach().reshape(-1, 5)
        moved, scaled = torch.split(denormalised(boxes, self.mean, self.std), 2, -1)
        low, high = regions[:, 1:3], regions[:, 3:]
        sides = high - low + 1
        size = sides * scaled.exp()
        corner = moved * sides + (low + high) / 2 - (size - 1) / 2
        decoded = torch.cat((regions[:, :1], corner, corner + size - 1), -1)
        if self.training:
            kept = (decoded[:, 1:3] <= decoded[:, 3:]).all(-1)
            if matched is not None:
                kept &= matched.detach().reshape(len(kept), -1)[:, -1] < self.highest
            decoded = decoded[kept]
            if not torch.compiler.is_compiling() and not len(decoded):
                raise DataError(f"layer '{self.name}': no region is left")
        return decoded.reshape(-1, 5, 1, 1)
