"""MultiBoxLoss: the loss of a detector that predicts boxes relative to priors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from layerzoo.errors import DataError, LayerFault
from layerzoo.functional.boxes import CODES
from layerzoo.functional.hard_examples import Suppression, hardest
from layerzoo.functional.loss import LabelCheck, normalization, normalizer
from layerzoo.functional.multibox import (
    Matched,
    Matching,
    Truth,
    check_fields,
    class_losses,
    decoded,
    limited,
    location_losses,
    matched,
    shifted_logistic_loss,
)
from layerzoo.functional.predictions import Predictions, check_first_stage, check_predictions, objectness
from layerzoo.functional.transforms import may_read
from layerzoo.functional.typical_objects import ssd_rows
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter, MultiBoxLossParameter

_FIELD = "multibox_loss_param"
_NONE, _HARD = MultiBoxLossParameter.NONE, MultiBoxLossParameter.HARD_EXAMPLE


@register
class MultiBoxLoss(LabelCheck, Layer):
    """Match priors with ground truth; add the losses of boxes and classes, divided by the number of matches.

    Each box of the ground truth is matched with the prior that overlaps it most; with PER_PREDICTION, priors
    that overlap one by ``overlap_threshold`` are too. The loss of boxes counts matched predictions only, that
    of classes those that ``mining_type`` chooses. An image without ground truth has no loss unless
    ``mining_type`` is NONE. A part whose ``propagate_down`` is false is left out of the loss.

    As in the fork, ``encode_variance_in_target`` leaves the variances out of the gradient, and LOGISTIC
    without mining has the targets of all images but the first at wrong places.

    Shapes: bottoms (N, 4PL), (N, PC), the scores, (1, 2, 4P), priors and variances, and (1, 1, G, 8), the
    ground truth (image, label, instance, xmin, ymin, xmax, ymax, difficult; an image of -1 is none), for P
    priors, C classes and L = 1 or, unless ``share_location``, C; optionally the scores (N, 2P) and boxes
    (N, 4P) of RefineDet's first stage, whose boxes replace the priors; top (). Source:
    ``multibox_loss_layer`` of SSD's fork of Caffe (Liu et al. 2016) and of RefineDet's (Zhang et al. 2018).
    """

    family = "loss"
    example_bottoms = ((1, 16), (1, 84), (1, 2, 16), (1, 1, 2, 8))
    example = "num_classes: 21 code_type: CENTER_SIZE"
    messages = (_FIELD, "loss_param")
    ignores: ClassVar[Mapping[str, str]] = {
        "loss_param.ignore_label": "which predictions have a loss is up to mining_type",
    }
    bottoms = between(4, 6)
    is_loss = True
    without_gradient = (2, 3, 4, 5)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.multibox_loss_param
        self.p = p
        self.mode, self.fixed = normalization(param.loss_param), param.loss_param.pre_fixed_normalizer
        self.logistic = p.conf_loss_type == MultiBoxLossParameter.LOGISTIC
        # as in RefineDet
        self.one_class = p.num_classes == 2 and p.HasField("objectness_score")
        self.suppresses = p.HasField("nms_param") and p.nms_param.nms_threshold > 0
        self.absolute = p.loc_loss_type == MultiBoxLossParameter.SMOOTH_L1
        per_prediction = p.match_type == MultiBoxLossParameter.PER_PREDICTION
        self.how = Matching(
            CODES[p.code_type - 1],
            p.encode_variance_in_target,
            p.use_prior_for_matching,
            p.overlap_threshold if per_prediction else None,
            p.ignore_cross_boundary_bbox,
        )
        flags = list(param.propagate_down) or [True, True]
        self.counts_boxes, self.counts_classes = flags[:2]

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        why = "the suppression before mining has a fixed threshold"
        return {**cls.ignores, f"{_FIELD}.nms_param.eta": why}

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        if param.multibox_loss_param.encode_variance_in_target:
            return "SSD's fork leaves the factor 1 / variance out (encode_variance_in_target)"
        return None

    @classmethod
    def typical_values(
        cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]
    ) -> Sequence[float] | None:
        return ssd_rows(shapes[3], shapes[0][0]) if bottom == 3 else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.multibox_loss_param
        check_predictions(bottoms, p.num_classes, p.share_location, _FIELD)
        truth = bottoms[3]
        if len(truth) != 4 or truth[:2] != (1, 1) or not truth[2] or truth[3] != 8:
            raise LayerFault(
                f"ground truth of shape {truth}; expected (1, 1, boxes, 8)",
                bottom=3,
                hint="image, label, instance, xmin, ymin, xmax, ymax, difficult",
            )
        check_first_stage(bottoms, 4)
        check_fields(p)
        return [()]

    def forward(self, loc: Tensor, conf: Tensor, prior: Tensor, truth: Tensor, *first: Tensor) -> Tensor:
        predicted = Predictions(loc, conf, prior.detach(), self.p.num_classes)
        if len(first) > 1:
            predicted.refine(first[1], self.how.code, self.how.in_target)
        found = matched(predicted, self._truth(truth.detach(), len(loc)), self.p.num_classes, self.how)
        boxes = location_losses(predicted, found, self.how, self.absolute, self.p.bp_inside)
        if self.p.mining_type == _NONE:
            positive, classes = found.found, self._all_classes(predicted.scores, found)
        else:
            objects = objectness(first[0]) >= self.p.objectness_score if first else None
            positive, classes = self._mined(predicted, found, boxes.detach(), objects)
        total = loc.new_zeros(())
        if self.counts_boxes:
            total = total + self.p.loc_weight * torch.where(positive, boxes, 0.0).sum()
        if self.counts_classes:
            total = total + classes
        count = self.clock.shared_count
        images, priors, _ = predicted.scores.shape
        return total / normalizer(self.mode, images, images * priors, positive.sum(), count, self.fixed)

    def _truth(self, rows: Tensor, images: int) -> Truth:
        rows = torch.cat((rows[..., :2].round(), rows[..., 2:7], rows[..., 7:].round()), -1).reshape(-1, 8)
        image, background = rows[:, 0].long(), self.p.background_label_id
        valid = (image >= 0) & (image < images)
        if not self.p.use_difficult_gt:
            valid = valid & (rows[:, 7] == 0)
        given = rows[:, 1].masked_fill(~valid, 0)
        if self.one_class or (self.p.map_object_to_agnostic and self.p.share_location):
            labels = torch.where(given.long() == background, background, 1 - background)
        else:
            labels = self.indices(given, self.p.num_classes)
        clashes = valid & (labels == background)
        if rows.is_cpu and may_read() and clashes.any():
            raise DataError(
                f"layer '{self.name}': a box of the ground truth has label {background}, the background's"
            )
        return Truth(image.clamp(0, max(images - 1, 0)), labels, rows[:, 3:7], valid & ~clashes)

    def _all_classes(self, scores: Tensor, found: Matched) -> Tensor:
        """The loss of all scores."""
        background = self.p.background_label_id
        if self.logistic:
            return shifted_logistic_loss(scores, found, float(background))
        # of several matches of a prior, that of the last class counts
        labels = torch.where(found.found, found.label, -1).amax(1)
        return class_losses(scores, torch.where(labels < 0, background, labels), False).sum()

    def _mined(
        self, predicted: Predictions, found: Matched, boxes: Tensor, objects: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """The matched predictions that have a loss, shape (N, 1, P), and the loss of the chosen scores."""
        p, background = self.p, self.p.background_label_id
        positive = found.found[:, 0]
        labels = torch.where(positive, found.label[:, 0], background)
        losses = class_losses(predicted.scores, labels, self.logistic)
        compared = losses.detach() if self.logistic else limited(losses)
        known = found.has_truth.unsqueeze(1)
        if p.mining_type == _HARD:
            compared, eligible = compared + boxes[:, 0], known.expand_as(positive)
            number = torch.full_like(eligible[:, 0], p.sample_size, dtype=torch.int64)
        else:
            eligible = known & found.open[:, 0] & (found.overlap[:, 0] < p.neg_overlap)
            number = (positive.sum(1).float() * p.neg_pos_ratio).long()
        if objects is not None:
            eligible = eligible & objects
        chosen = hardest(compared, eligible, number, self._suppression(predicted))
        negative = chosen & found.open[:, 0]
        if p.mining_type == _HARD:
            positive = positive & chosen
        if self.logistic and background:
            losses = class_losses(predicted.scores, labels, True, float(background))
        return positive.unsqueeze(1), torch.where(positive | negative, losses, 0.0).sum()

    def _suppression(self, predicted: Predictions) -> Suppression | None:
        p = self.p
        if not self.suppresses:
            return None
        boxes = decoded(predicted, self.how)[:, 0]
        if p.use_prior_for_nms:
            boxes = predicted.priors.expand_as(boxes.unsqueeze(1))[:, 0]
        return Suppression(boxes, p.nms_param.nms_threshold, p.nms_param.top_k)
