"""DetectionOutput: detections from predicted boxes and scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from layerzoo.data.detection_files import DetectionFiles, OutputSettings
from layerzoo.errors import ExportError, LayerFault
from layerzoo.functional.boxes import CODES, Code, decode
from layerzoo.functional.detection_source import HELPER, SOURCE
from layerzoo.functional.detections import Limits, detections, rows_or_none
from layerzoo.functional.predictions import Predictions, check_first_stage, check_predictions, objectness
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import DetectionOutputParameter, LayerParameter

_FIELD = "detection_output_param"
_SAVE = f"{_FIELD}.save_output_param"
_OF_FILES = (
    "output_directory",
    "output_name_prefix",
    "output_format",
    "name_size_file",
    "num_test_image",
    "resize_param",
)


@register
class DetectionOutput(Layer):
    """Decode predicted boxes, suppress those that overlap, and keep the best.

    In each image and class, boxes with a score above ``confidence_threshold`` are visited by falling score
    (the best ``top_k`` of them); one that overlaps a kept one by more than ``nms_threshold`` is dropped. Then
    the best ``keep_top_k`` of each image are kept. With ``save_output_param`` they are also written to files,
    whenever ``num_test_image`` images are done; other files in the folder are left alone, unlike in the fork.

    The number of rows depends on the data, so on a GPU each forward pass synchronises with the device.

    Shapes: bottoms (N, 4PL), (N, PC), the scores, and (1, 2, 4P), priors and variances, for P priors, C
    classes and L = 1 or, unless ``share_location``, C. A fourth bottom is the images, which are not read;
    with ``objectness_score`` or a fifth one they are the scores (N, 2P) and boxes (N, 4P) of RefineDet's
    first stage, whose boxes replace the priors. Top (1, 1, D, 7): image, label, score, xmin, ymin, xmax, ymax
    of each detection, ordered by image, label and falling score; without any, (1, 1, N, 7): the image, then
    -1. Source: ``detection_output_layer`` of SSD's fork of Caffe (Liu et al. 2016) and of RefineDet's (Zhang
    et al. 2018).
    """

    family = "detection"
    example_bottoms = ((1, 16), (1, 84), (1, 2, 16))
    gives_detections = True
    example = "num_classes: 21 code_type: CENTER_SIZE confidence_threshold: 0.01"
    messages = (_FIELD,)
    ignores: ClassVar[Mapping[str, str]] = {
        f"{_FIELD}.visualize": "detections are not shown in a window",
        f"{_FIELD}.visualize_threshold": "detections are not shown in a window",
        f"{_FIELD}.save_file": "detections are not shown in a window",
    }
    survey_fields = (_SAVE,)
    path_fields = (f"{_SAVE}.label_map_file", f"{_SAVE}.name_size_file")
    bottoms = between(3, 5)
    no_gradient = "detections are chosen by sorting and thresholds"
    stays_fp32 = True
    shapes_by_value = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.detection_output_param
        self.code: Code = CODES[p.code_type - 1]
        self.background = p.background_label_id if 0 <= p.background_label_id < p.num_classes else None
        self.limits = Limits(
            p.nms_param.nms_threshold,
            p.confidence_threshold if p.HasField("confidence_threshold") else None,
            p.nms_param.top_k if p.nms_param.HasField("top_k") else -1,
            p.nms_param.eta,
            p.keep_top_k,
            0.0 if p.normalized_bbox else 1.0,
        )
        self.two_stages = _two_stages(param)
        self.least_objectness = p.objectness_score
        self.files: DetectionFiles | None = None
        if self.writes(param):
            self.has_effects = True  # type: ignore[misc]  # a fact of this config, not of the type
            self.files = DetectionFiles(param.name, OutputSettings.of(p))

    @classmethod
    def writes(cls, param: LayerParameter) -> bool:
        p = param.detection_output_param.save_output_param
        return bool(p.output_directory and p.label_map_file and p.name_size_file)

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if cls.writes(param):
            return cls.ignores
        why = "nothing is written unless output_directory, label_map_file and name_size_file are set"
        return {**cls.ignores, **{f"{_SAVE}.{name}": why for name in _OF_FILES}}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.detection_output_param
        _check_fields(p)
        planes = 1 if p.variance_encoded_in_target else 2
        check_predictions(bottoms, p.num_classes, p.share_location, _FIELD, planes)
        if _two_stages(param):
            check_first_stage(bottoms, 3)
        if cls.writes(param):
            OutputSettings.of(p)
        return [(1, 1, 1, 7)]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        p = self.param.detection_output_param
        if self.files or self.two_stages or not p.normalized_bbox:
            raise ExportError(
                f"layer '{self.name}': a DetectionOutput with save_output_param, objectness_score or "
                "normalized_bbox can't be written as Python"
            )
        source.helpers[HELPER] = SOURCE
        threshold, above, top_k, eta, keep, _ = self.limits
        given = (p.num_classes, -1 if self.background is None else self.background, self.code)
        numbers = f"{number(threshold)}, {'-torch.inf' if above is None else number(above)}"
        rest = f"{p.variance_encoded_in_target}, {numbers}, {top_k}, {number(eta)}, {keep}"
        return f"{HELPER}({', '.join(bottoms.names[:3])}, {', '.join(map(repr, given))}, {rest})"

    def shapes_for(self, bottoms: Sequence[Tensor]) -> list[Shape]:
        return [tuple(self._rows(*bottoms).shape)]

    def forward(self, loc: Tensor, conf: Tensor, prior: Tensor, *more: Tensor) -> Tensor:
        rows = self._rows(loc.detach(), conf.detach(), prior.detach(), *more)
        if self.files is not None:
            self.files.add(rows[0, 0], len(loc))
        return rows

    def _rows(self, loc: Tensor, conf: Tensor, prior: Tensor, *more: Tensor) -> Tensor:
        p = self.param.detection_output_param
        predicted = Predictions(loc, conf, prior, p.num_classes)
        if len(more) > 1:
            predicted.refine(more[1], self.code, p.variance_encoded_in_target)
        variances = None if p.variance_encoded_in_target else predicted.variances
        boxes = decode(predicted.boxes, predicted.priors, self.code, variances, self.limits.extra)
        scores = predicted.scores.transpose(1, 2)
        if self.two_stages:
            scores = scores.masked_fill((objectness(more[0]) < self.least_objectness).unsqueeze(1), 0.0)
        if self.background is not None:
            boxes = boxes if p.share_location else _without(boxes, self.background)
            scores = _without(scores, self.background)
        rows = detections(boxes, scores, self.limits)
        if self.background is not None:
            rows[:, 1] += rows[:, 1] >= self.background
        return rows_or_none(rows, loc.shape[0])


def _two_stages(param: LayerParameter) -> bool:
    """Whether the fourth bottom is a score of being an object, as in RefineDet, and not the images."""
    more = len(param.bottom) - 3
    return more > 1 or (more == 1 and param.detection_output_param.HasField("objectness_score"))


def _without(blob: Tensor, label: int) -> Tensor:
    """A blob without a class along axis 1."""
    return blob[:, 1:] if label == 0 else torch.cat((blob[:, :label], blob[:, label + 1 :]), 1)


def _check_fields(p: DetectionOutputParameter) -> None:
    """Check the fields that don't concern the shapes of the bottoms.

    Raises:
        LayerFault: a field is invalid.
    """
    if p.share_location and p.background_label_id == -1:
        raise LayerFault(
            "no background with share_location",
            field=f"{_FIELD}.background_label_id",
            hint="SSD's fork needs share_location: false for that",
        )
    if p.nms_param.soft_nms:
        raise LayerFault(
            "soft_nms is not supported",
            field=f"{_FIELD}.nms_param.soft_nms",
            hint="without it, boxes that overlap are dropped",
        )
    if not p.nms_param.nms_threshold >= 0:
        raise LayerFault(
            f"nms_threshold {p.nms_param.nms_threshold:g} is below 0",
            field=f"{_FIELD}.nms_param.nms_threshold",
        )
    if not 0 < p.nms_param.eta <= 1:
        raise LayerFault(
            f"eta {p.nms_param.eta:g}; it must be above 0 and at most 1", field=f"{_FIELD}.nms_param.eta"
        )
