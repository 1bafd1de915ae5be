"""Yolov3DetectionOutput: the detections of YOLO v3."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.errors import ExportError, LayerFault
from layerzoo.functional import yolo
from layerzoo.functional.nms_source import SOURCE as NMS
from layerzoo.functional.yolo_detections import below, detection_rows
from layerzoo.functional.yolo_source import SOURCE
from layerzoo.layer import Layer, Shape, at_least, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter

_FIELD = "yolov3_detection_output_param"


@register
class Yolov3DetectionOutput(Layer):
    """Decode the boxes of YOLO v3 from several grids, leave out those that overlap a better one, and sort.

    Each class of a box is a candidate of its own; its score is the objectness times its probability. With
    ``gaussian_box`` the objectness is also multiplied by 1 minus the mean uncertainty of the coordinates.
    Candidates of all classes suppress each other, as in the fork, and so do those of all images, whose rows
    are numbered 0: use a batch of one image. The number of rows depends on the data, so on a GPU each forward
    pass synchronises with the device.

    Shapes: bottoms (N, num_box (5 + num_classes), H, W), 4 more channels per box with ``gaussian_box``; top
    (1, 1, D, 7): 0, class from 1, score, xmin, ymin, xmax, ymax as fractions of the image; without a
    detection (1, 1, N, 7): the image, then -1. Source: ``yolov3_detection_output_layer`` of
    eric612/MobileNet-YOLO; Redmon and Farhadi 2018 (YOLOv3); Choi et al. 2019 (Gaussian YOLOv3).
    """

    family = "detection"
    fixed_buffers = ("anchors",)
    example_bottoms = ((2, 8, 2, 3),)
    gives_detections = True
    mixes_images = True
    example = "num_classes: 3 num_box: 1 biases: 30 biases: 40 mask: 0 anchors_scale: 32 mask_group_num: 1"
    messages = (_FIELD,)
    bottoms = at_least(1)
    no_gradient = "detections are chosen by sorting and thresholds"
    stays_fp32 = True
    shapes_by_value = True
    needs_images = True
    anchors: Tensor

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.yolov3_detection_output_param
        self.groups = _groups(param)
        self.scales = list(p.anchors_scale)
        chosen = [index for group in self.groups for index in group]
        self.register_buffer("anchors", yolo.pairs(p.biases)[chosen], persistent=False)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.yolov3_detection_output_param
        if not p.HasField("num_classes"):
            raise LayerFault("num_classes must be set", field=f"{_FIELD}.num_classes")
        if p.mask_group_num != len(bottoms):
            raise LayerFault(
                f"{len(bottoms)} bottoms; mask_group_num is {p.mask_group_num}",
                field=f"{_FIELD}.mask_group_num",
                hint="set it to the number of bottoms",
            )
        if len(p.anchors_scale) < len(bottoms) or not all(p.anchors_scale):
            raise LayerFault(
                f"anchors_scale is {list(p.anchors_scale)}; expected a number above 0 for each of "
                f"{len(bottoms)} bottoms",
                field=f"{_FIELD}.anchors_scale",
            )
        groups = _groups(param)
        if any(len(group) < p.num_box for group in groups):
            raise LayerFault(
                f"{len(p.mask)} indices of anchors for {len(bottoms)} bottoms; each needs {p.num_box}",
                field=f"{_FIELD}.mask",
            )
        yolo.check_anchors(p.biases, max(map(max, groups), default=-1) if p.num_box else -1, _FIELD)
        for index, shape in enumerate(bottoms):
            yolo.check_grid(shape, p.num_box, _coordinates(param) + 1 + p.num_classes, index)
            if shape[0] != bottoms[0][0]:
                raise LayerFault(
                    f"bottoms of shapes {bottoms[0]} and {shape}; both must have as many images", bottom=index
                )
        return [(1, 1, 1, 7)]

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        if bottoms[0][0] < 2:
            return []
        return [
            f"the detections of {bottoms[0][0]} images are suppressed together and all numbered image 0, as "
            "in the fork; use a batch of 1"
        ]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        p = self.param.yolov3_detection_output_param
        if p.nms_threshold > 1:
            raise ExportError(f"layer '{self.name}': an nms_threshold above 1 can't be written as Python")
        source.helpers |= {"suppress": NMS, "yolo_rows": SOURCE}
        parts = []
        sizes = torch.split(self.anchors, p.num_box)
        for name, shape, anchors, scale in zip(
            bottoms.names, bottoms.shapes, sizes, p.anchors_scale, strict=False
        ):
            own = yolo.scaled(anchors, 1 / (shape[3] * scale), 1 / (shape[2] * scale)).tolist()
            parts.append(f"yolo_candidates({name}, {own}, gaussian={p.gaussian_box})")
        limits = f"{number(p.confidence_threshold)}, {below(p.nms_threshold)!r}"
        return f"yolo_rows([{', '.join(parts)}], {limits}, {bottoms.first}.shape[0])"

    def shapes_for(self, bottoms: Sequence[Tensor]) -> list[Shape]:
        return [tuple(self(*bottoms).shape)]

    @torch.no_grad()
    def forward(self, *bottoms: Tensor) -> Tensor:
        p, ends = self.param.yolov3_detection_output_param, _coordinates(self.param)
        sizes = torch.split(self.anchors.to(bottoms[0]), p.num_box)
        found = [
            self._candidates(x, anchors, scale, ends)
            for x, anchors, scale in zip(bottoms, sizes, self.scales, strict=False)
        ]
        boxes, labels, scores = (torch.cat(parts) for parts in zip(*found, strict=True))
        passing = scores > p.confidence_threshold
        return detection_rows(boxes, labels, scores, passing, p.nms_threshold, bottoms[0].shape[0])

    def _candidates(self, x: Tensor, anchors: Tensor, scale: int, ends: int) -> tuple[Tensor, Tensor, Tensor]:
        """Box, class and score of the candidates of a bottom, in the order row, column, anchor, class."""
        p, (_, _, height, width) = self.param.yolov3_detection_output_param, x.shape
        raw = yolo.cells(x, p.num_box)
        squashed = raw.sigmoid()
        step = ends // 4  # an uncertainty stands after each coordinate
        center = squashed[..., 0 : 2 * step : step]
        coordinates = torch.cat((center, raw[..., 2 * step : 4 * step : step]), -1)
        boxes = yolo.boxes(coordinates, yolo.scaled(anchors, 1 / (width * scale), 1 / (height * scale)))
        objectness = squashed[..., ends]
        if p.gaussian_box:
            objectness = objectness * (1 - squashed[..., 1:ends:2].mean(-1))
        score = (squashed[..., ends + 1 :] * objectness.unsqueeze(-1)).movedim(1, 3).flatten(0, 3)
        boxes = boxes.movedim(1, 3).flatten(0, 3)
        if p.nms_threshold <= 1:
            # the best class of a box suppresses its others, and what suppresses it suppresses them too
            label = score.argmax(-1)
            return boxes, label, score.gather(-1, label.unsqueeze(-1)).squeeze(-1)
        label = torch.arange(p.num_classes, device=x.device).expand(score.shape)
        return boxes.repeat_interleave(p.num_classes, 0), label.flatten(), score.flatten()


def _groups(param: LayerParameter) -> list[list[int]]:
    """The anchors of each bottom, as many as it has boxes for."""
    p = param.yolov3_detection_output_param
    each = len(p.mask) // max(1, p.mask_group_num)
    return [list(p.mask[i * each :][: p.num_box]) for i in range(p.mask_group_num)]


def _coordinates(param: LayerParameter) -> int:
    """The number of values of a box before its objectness."""
    return 8 if param.yolov3_detection_output_param.gaussian_box else 4
