"""YoloDetectionOutput: the detections of YOLO v2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional import yolo
from layerzoo.functional.nms_source import SOURCE as NMS
from layerzoo.functional.yolo_detections import below, detection_rows
from layerzoo.functional.yolo_source import SOURCE
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class YoloDetectionOutput(Layer):
    """Decode the boxes of YOLO v2, leave out those that overlap a better one, and sort them by score.

    The score is the objectness times the highest probability of a class. Boxes of different classes suppress
    each other, as in the fork, and so do those of a second bottom, predictions with the same anchors on
    another grid. The number of rows depends on the data, so on a GPU each forward pass synchronises with the
    device.

    Shapes: bottoms (1, num_box (5 + num_classes), H, W), one or two; top (1, 1, D, 7): 0, class from 1,
    score, xmin, ymin, xmax, ymax as fractions of the image; without a detection (1, 1, 1, 7): 0, then -1.
    Source: ``yolo_detection_output_layer`` of eric612/MobileNet-YOLO; Redmon and Farhadi 2017 (YOLO9000).
    """

    family = "detection"
    fixed_buffers = ("anchors",)
    example_bottoms = ((1, 8, 4, 4),)
    gives_detections = True
    mixes_images = True
    example = "num_classes: 3 num_box: 1 biases: 1.5 biases: 2"
    messages = ("yolo_detection_output_param",)
    ignores: ClassVar[Mapping[str, str]] = {
        "yolo_detection_output_param.side": "the bottom gives the number of cells",
        "yolo_detection_output_param.label_map_file": "the fork reads it but uses no name",
    }
    bottoms = between(1, 2)
    no_gradient = "detections are chosen by sorting and thresholds"
    stays_fp32 = True
    shapes_by_value = True
    needs_images = True
    anchors: Tensor

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.yolo_detection_output_param
        self.register_buffer("anchors", yolo.pairs(p.biases)[: p.num_box], persistent=False)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.yolo_detection_output_param
        if not p.HasField("num_classes"):
            raise LayerFault("num_classes must be set", field="yolo_detection_output_param.num_classes")
        if p.coords != 4:
            raise LayerFault(
                f"coords is {p.coords}; only 4 exist", field="yolo_detection_output_param.coords"
            )
        yolo.check_anchors(p.biases, p.num_box - 1, "yolo_detection_output_param")
        for index, shape in enumerate(bottoms):
            yolo.check_grid(shape, p.num_box, 5 + p.num_classes, index)
            if shape[0] != 1:
                raise LayerFault(
                    f"a batch of {shape[0]} images; the fork takes one",
                    bottom=index,
                    hint="set the batch size to 1",
                )
        return [(1, 1, 1, 7)]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        p = self.param.yolo_detection_output_param
        source.helpers |= {"suppress": NMS, "yolo_rows": SOURCE}
        parts = []
        for name, shape in zip(bottoms.names, bottoms.shapes, strict=True):
            own = yolo.scaled(self.anchors, 1 / shape[3], 1 / shape[2]).tolist()
            parts.append(f"yolo_candidates({name}, {own}, softmax=True)")
        # a score that equals the threshold reaches it
        limits = f"{below(p.confidence_threshold)!r}, {below(p.nms_threshold)!r}"
        return f"yolo_rows([{', '.join(parts)}], {limits}, 1)"

    def shapes_for(self, bottoms: Sequence[Tensor]) -> list[Shape]:
        return [tuple(self(*bottoms).shape)]

    @torch.no_grad()
    def forward(self, x: Tensor, *second: Tensor) -> Tensor:
        candidates = zip(*map(self._candidates, (x, *second)), strict=True)
        boxes, label, score, found = map(torch.cat, candidates)
        threshold = self.param.yolo_detection_output_param.nms_threshold
        return detection_rows(boxes, label, score, found, threshold, 1)

    def _candidates(self, x: Tensor) -> tuple[Tensor, ...]:
        """Boxes, classes, scores, and whether these reach the threshold, in the fork's order."""
        p, (_, _, height, width) = self.param.yolo_detection_output_param, x.shape
        raw = yolo.cells(x, p.num_box)
        coordinates = torch.cat((raw[..., :2].sigmoid(), raw[..., 2:4]), -1)
        boxes = yolo.boxes(coordinates, yolo.scaled(self.anchors.to(x.dtype), 1 / width, 1 / height))
        probability, label = raw[..., 5:].softmax(-1).max(-1)
        score = raw[..., 4].sigmoid() * probability
        # row, column, anchor
        boxes, label, score = (part.movedim(1, 3).flatten(0, 3) for part in (boxes, label, score))
        return boxes, label, score, score >= p.confidence_threshold
