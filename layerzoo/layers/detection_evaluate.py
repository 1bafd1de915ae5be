"""DetectionEvaluate: which detections are right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

import torch
from torch import Tensor

from layerzoo.data.listed_files import read_lines
from layerzoo.errors import DataError, LayerFault
from layerzoo.functional import detection_matching as matching
from layerzoo.functional.typical_objects import ssd_rows
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import DetectionEvaluateParameter, LayerParameter

_MOST_CLASSES: Final = 1 << 20


@register
class DetectionEvaluate(Layer):
    """Compare detections with annotated boxes; tests pool the results into the mean average precision.

    A detection is right if its overlap with a box of its class and image is at least ``overlap_threshold``
    and no detection with a higher score has the same box. The size of the top depends on the data.

    Shapes: bottoms (1, 1, D, 7), of DetectionOutput: image, class, score, left, top, right, bottom; and
    (1, 1, G, 8), of AnnotatedData: image, class, instance, left, top, right, bottom, difficult. Top
    (1, 1, C + K, 5): for each of C classes -1, class, number of objects, -1, -1; then for each detection
    image, class, score, is it right, is it wrong. Source: SSD's fork of Caffe; Liu et al. 2016.
    """

    family = "loss"
    fixed_buffers: ClassVar[tuple[str, ...]] = ("classes", "sizes")
    higher_is_better = True
    evaluates_detections = True
    deployed = False
    no_gradient = "whether a detection is right is a step function of its box and score"
    without_gradient = (0, 1)
    example = "num_classes: 21 background_label_id: 0 overlap_threshold: 0.5"
    messages = ("detection_evaluate_param",)
    path_fields = ("detection_evaluate_param.name_size_file",)
    survey_fields = ("detection_evaluate_param.name_size_file",)
    bottoms = exactly(2)
    stays_fp32 = True
    shapes_by_value = True

    classes: Tensor
    sizes: Tensor
    seen: Tensor

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.detection_evaluate_param
        self.threshold = p.overlap_threshold
        self.all_count = p.evaluate_difficult_gt
        self.resize = p.resize_param if p.HasField("resize_param") else None
        self.register_buffer("classes", torch.tensor(_classes(p), dtype=torch.long), persistent=False)
        sizes = torch.tensor(_sizes(p), dtype=torch.float32).reshape(-1, 2)
        self.register_buffer("sizes", sizes, persistent=False)
        self.register_buffer("seen", torch.zeros((), dtype=torch.long), persistent=False)
        if not len(sizes):  # which image is next matters only for their sizes
            self.fixed_buffers = ("classes", "sizes", "seen")  # type: ignore[misc]  # a fact of this config

    @classmethod
    def typical_values(
        cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]
    ) -> Sequence[float] | None:
        return ssd_rows(shapes[1], shapes[1][2]) if bottom == 1 else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.detection_evaluate_param
        if not p.num_classes:
            raise LayerFault("num_classes is missing", field="detection_evaluate_param.num_classes")
        if p.num_classes > _MOST_CLASSES:
            message = f"num_classes is {p.num_classes:,}; it can be {_MOST_CLASSES:,} at most"
            raise LayerFault(message, field="detection_evaluate_param.num_classes")
        if not p.overlap_threshold > 0:
            message = f"overlap_threshold is {p.overlap_threshold:g}; it has to be above 0"
            raise LayerFault(message, field="detection_evaluate_param.overlap_threshold")
        for index, (shape, width) in enumerate(zip(bottoms, (7, 8), strict=True)):
            if len(shape) != 4 or shape[:2] != (1, 1) or shape[3] != width:
                raise LayerFault(f"a bottom of shape {shape}; expected (1, 1, N, {width})", bottom=index)
        _sizes(p)
        return [(1, 1, len(_classes(p)) + bottoms[0][2], 5)]

    def shapes_for(self, bottoms: Sequence[Tensor]) -> list[Shape]:
        return [(1, 1, len(self.classes) + int((bottoms[0][..., 1] != -1).sum()), 5)]

    @torch.no_grad()
    def forward(self, detections: Tensor, truth: Tensor) -> Tensor:
        dtype = torch.promote_types(detections.dtype, torch.float32)
        rows, boxes = detections.reshape(-1, 7).to(dtype), truth.reshape(-1, 8).to(dtype)
        nothing = boxes.new_full((1, 8), -1.0)  # so that there is a box
        boxes = torch.cat((boxes, nothing))
        image, label = rows[:, 0].long(), rows[:, 1].long()
        image = torch.where(label == -1, -1, image)
        box_image, box_label = boxes[:, 0].long(), boxes[:, 1].long()
        annotated = box_image != -1
        counted = annotated & (self.all_count | (boxes[:, 7] == 0))
        same = annotated & (image[:, None] == box_image) & (label[:, None] == box_label)
        overlaps = self._overlaps(rows[:, 0].long(), rows[:, 3:], box_image, boxes[:, 3:7])
        score = rows[:, 2]
        found = matching.match(image, label, score, overlaps, same, counted, self.threshold)
        is_detection = image[found.order] != -1
        results = torch.stack(
            (image[found.order].to(dtype), label[found.order].to(dtype), score[found.order])
        )
        verdicts = torch.stack((found.right, found.wrong)).to(dtype)
        listed = torch.where(is_detection, torch.cat((results, verdicts)), 0).t()
        objects = (counted & (box_label == self.classes[:, None])).sum(1).to(dtype)
        none = torch.full_like(objects, -1)
        heads = torch.stack((none, self.classes.to(dtype), objects, none, none), 1)
        kept = int((rows[:, 1] != -1).sum())
        return torch.cat((heads, listed[:kept]))[None, None]

    def _overlaps(self, image: Tensor, rows: Tensor, box_image: Tensor, boxes: Tensor) -> Tensor:
        if not len(self.sizes):
            return matching.overlaps(rows, boxes, matching.areas(rows), matching.areas(boxes), 0.0)
        images = torch.unique(image[image != -1])
        sizes = self.sizes.to(rows.dtype)
        of_row, of_box = (
            sizes[(self.seen + torch.searchsorted(images, of)) % len(sizes)] for of in (image, box_image)
        )
        self.seen.copy_((self.seen + len(images)) % len(sizes))
        rows, row_areas = matching.to_original(rows, of_row, self.resize)
        boxes, box_areas = matching.to_original(boxes, of_box, self.resize)
        return matching.overlaps(rows, boxes, row_areas, box_areas, 1.0)


def _classes(p: DetectionEvaluateParameter) -> list[int]:
    """The classes that are evaluated: all but the background."""
    return [label for label in range(p.num_classes) if label != p.background_label_id]


def _sizes(p: DetectionEvaluateParameter) -> list[tuple[int, int]]:
    """Height and width of each image of ``name_size_file``; none without one.

    Raises:
        LayerFault: the file can't be read.
        DataError: a line has no size.
    """
    if not p.name_size_file:
        return []
    sizes = []
    try:
        for number, line in enumerate(read_lines(p.name_size_file), 1):
            words = line.split()
            try:
                height, width = (int(word) for word in words[-2:])
            except ValueError:
                height = width = 0
            if words and not (len(words) >= 3 and height > 0 and width > 0):
                raise DataError(
                    f"{p.name_size_file}:{number}: '{line.strip():.200}'; expected name, height and width"
                )
            if words:
                sizes.append((height, width))
    except OSError as error:
        message = f"'{p.name_size_file}' can't be opened: {error.strerror or error}"
        raise LayerFault(message, field="detection_evaluate_param.name_size_file") from None
    return sizes
