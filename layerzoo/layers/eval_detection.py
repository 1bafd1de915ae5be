"""EvalDetection: compare detections of YOLO v1 and v2 with objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional import yolo
from layerzoo.functional.nms import suppress
from layerzoo.functional.typical_objects import yolo_rows
from layerzoo.functional.yolo_matches import leading
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import EvalDetectionParameter, LayerParameter

_FIELD = "eval_detection_param"
_LOWEST = 0.005


@register
class EvalDetection(Layer):
    """Whether each detection is right, for a mean average precision that a script computes.

    With ``biases`` the first bottom is a prediction of YOLO v2, without them of YOLO v1. The class of a box
    is the most likely one; boxes of all classes suppress each other. A detection is right if the object of
    its class that it overlaps most, by ``threshold`` or more, has no better detection. Of YOLO v2 only
    detections with a score of at least 0.005 count, and none if ``nms`` is negative, as in the fork; and a
    detection that overlaps the objects of its class too little is neither right nor wrong.

    Shapes: bottoms (N, num_object (5 + num_class), side, side), and objects (N, T, 5): class, centre x, y,
    width, height, zeros after the last (T is 30 in the fork); of YOLO v1 (N, side^2 (num_class + 5
    num_object)) and (N, 7 side^2): 1 if difficult, 1 if an object, class and 4 numbers of the box of each
    cell. Top (N, num_class + 4 num_object side^2): the number of objects by class, then 4 numbers of each
    detection: class, score, 1 if right, 1 if wrong; zeros after the last. Source: ``eval_detection_layer`` of
    intel/caffe; Redmon et al. 2016 (YOLO).
    """

    family = "detection"
    fixed_buffers = ("anchors",)
    example_bottoms = ((2, 72), (2, 63))
    example = "side: 3 num_class: 3 num_object: 1"
    messages = (_FIELD,)
    deployed = False
    bottoms = exactly(2)
    no_gradient = "detections are chosen by sorting and thresholds"
    stays_fp32 = True
    anchors: Tensor

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.eval_detection_param
        self.of_v2 = bool(p.biases)
        self.register_buffer("anchors", yolo.pairs(p.biases)[: p.num_object], persistent=False)

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if not param.eval_detection_param.biases:
            return {}
        why = "it is for YOLO v1, without biases"
        return {f"{_FIELD}.sqrt": why, f"{_FIELD}.constriant": why}

    @classmethod
    def typical_values(
        cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]
    ) -> Sequence[float] | None:
        return yolo_rows(shapes[1]) if bottom == 1 and param.eval_detection_param.biases else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, (predicted, objects) = param.eval_detection_param, bottoms
        cells = p.side**2
        if p.biases:
            yolo.check_anchors(p.biases, p.num_object - 1, _FIELD)
            yolo.check_grid(predicted, p.num_object, 5 + p.num_class)
            if predicted[2:] != (p.side, p.side):
                raise LayerFault(
                    f"bottom of shape {predicted}; side says {p.side} x {p.side} cells",
                    field=f"{_FIELD}.side",
                )
            yolo.check_objects(objects, predicted[0])
        else:
            values, wanted = cells * (p.num_class + 5 * p.num_object), 7 * cells
            if not predicted or not p.num_class or not p.num_object or prod(predicted[1:]) != values:
                raise LayerFault(
                    f"bottom of shape {predicted}; expected (N, {values}): {cells} cells with {p.num_class} "
                    f"classes and {p.num_object} boxes of 5 numbers",
                    bottom=0,
                )
            if objects[:1] != predicted[:1] or prod(objects[1:]) != wanted:
                raise LayerFault(
                    f"objects of shape {objects}; expected ({predicted[0]}, {wanted}): 7 numbers a cell",
                    bottom=1,
                )
        return [(predicted[0], p.num_class + 4 * p.num_object * cells)]

    @torch.no_grad()
    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        p = self.param.eval_detection_param
        boxes, scores, classes = (self._of_v2 if self.of_v2 else self._of_v1)(x)
        labels = labels.to(x.dtype).flatten(1)
        if self.of_v2:
            rows = labels.reshape(x.shape[0], -1, 5)
            valid, label, truth = leading(rows[..., 1]), rows[..., 0].long(), rows[..., 1:]
            difficult = torch.zeros_like(valid)
        else:
            difficult, valid, label, truth = self._objects_of_v1(labels)
        order = scores.argsort(dim=-1, descending=True, stable=True)
        boxes = boxes.gather(1, order.unsqueeze(-1).expand(-1, -1, 4))
        scores, classes = scores.gather(1, order), classes.gather(1, order)
        kept = torch.ones_like(classes, dtype=torch.bool)
        if p.nms >= 0:
            kept = suppress(yolo.corners(boxes), float(np.nextafter(np.float32(p.nms), np.float32(-1))))
        if self.of_v2:
            kept = kept & (scores >= _LOWEST) & (p.nms >= 0)
        right, wrong = self._verdicts(boxes, classes, kept, truth, label, valid, difficult)
        # by class, and by falling score in each; what isn't kept goes to the end
        last = torch.where(kept, classes, p.num_class).argsort(dim=-1, stable=True)
        numbers = torch.stack((classes.to(x.dtype), scores, right.to(x.dtype), wrong.to(x.dtype)), -1)
        numbers = torch.where(kept.unsqueeze(-1), numbers, 0)
        numbers = numbers.gather(1, last.unsqueeze(-1).expand(-1, -1, 4))
        known = (valid & ~difficult & (label >= 0) & (label < p.num_class)).to(x.dtype)
        counts = x.new_zeros(x.shape[0], p.num_class).scatter_add(1, label.clamp(0, p.num_class - 1), known)
        return torch.cat((counts, numbers.flatten(1)), 1)

    def _verdicts(
        self,
        boxes: Tensor,
        classes: Tensor,
        kept: Tensor,
        truth: Tensor,
        label: Tensor,
        valid: Tensor,
        difficult: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Whether each detection is right, and whether it is wrong; both false if it isn't judged."""
        p, count = self.param.eval_detection_param, truth.shape[1]
        if not count:
            return torch.zeros_like(kept), kept
        overlaps = yolo.similarity(boxes.unsqueeze(2), truth.unsqueeze(1)).nan_to_num(0)
        same = valid.unsqueeze(1) & (classes.unsqueeze(2) == label.unsqueeze(1))
        most, best = torch.where(same, overlaps, -1).max(-1)
        near = kept & (most >= p.threshold)
        far = kept & (most < p.threshold)
        excused = difficult.gather(1, best)
        counted = near & ~excused
        place = torch.arange(counted.shape[1], device=best.device)
        order = torch.where(counted, place, counted.shape[1])
        far_off = order.new_full((best.shape[0], count), counted.shape[1])
        first = far_off.scatter_reduce(1, best, order, "amin")
        right = counted & (first.gather(1, best) == place)
        if self.of_v2:  # the fork judges a detection that overlaps no object enough only if there is none
            far = far & (most < 0)
        return right, far | (counted & ~right)

    def _of_v2(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Boxes, scores and classes by row, column and anchor."""
        p, (_, _, height, width) = self.param.eval_detection_param, x.shape
        raw = yolo.cells(x, p.num_object)
        coordinates = torch.cat((raw[..., :2].sigmoid(), raw[..., 2:4]), -1)
        boxes = yolo.boxes(coordinates, yolo.scaled(self.anchors.to(x.dtype), 1 / width, 1 / height))
        probability, label = raw[..., 5:].softmax(-1).max(-1)
        score = self._score(raw[..., 4].sigmoid(), probability)
        first, second, third = (part.movedim(1, 3).flatten(1, 3) for part in (boxes, score, label))
        return first, second, third

    def _of_v1(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Boxes, scores and classes by cell and box."""
        p, cells = self.param.eval_detection_param, self.param.eval_detection_param.side**2
        values = x.reshape(x.shape[0], -1, cells)
        probability, label = values[:, : p.num_class].max(1, keepdim=True)
        objectness = values[:, p.num_class : p.num_class + p.num_object]
        boxes = values[:, p.num_class + p.num_object :].reshape(x.shape[0], p.num_object, 4, cells)
        center, size = boxes[:, :, :2], boxes[:, :, 2:]
        if p.constriant:
            number = torch.arange(cells, device=x.device)
            center = (center + torch.stack((number % p.side, number // p.side)).to(x.dtype)) / p.side
        size = size.square() if p.sqrt else size
        score = self._score(objectness, probability)
        boxes = torch.cat((center, size), 2).permute(0, 3, 1, 2).flatten(1, 2)
        return boxes, score.mT.flatten(1), label.expand_as(score).mT.flatten(1)

    def _objects_of_v1(self, labels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Whether the object of each cell is difficult and exists, its class and its box."""
        cells = self.param.eval_detection_param.side**2
        difficult, exists, label = (labels[:, i * cells : (i + 1) * cells] for i in range(3))
        return difficult == 1, exists != 0, label.long(), labels[:, 3 * cells :].reshape(-1, cells, 4)

    def _score(self, objectness: Tensor, probability: Tensor) -> Tensor:
        kind = self.param.eval_detection_param.score_type
        if kind == EvalDetectionParameter.OBJ:
            return objectness
        if kind == EvalDetectionParameter.PROB:
            return probability.expand_as(objectness)
        return objectness * probability
