"""The parts of SSD's multi-box loss: ground truth, its matches with predictions, the losses of each.

Source: ``multibox_loss_layer`` and ``bbox_util`` of SSD's fork of Caffe.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.functional.boxes import Code, crosses_boundary, decode, encode, pairwise_overlap
from layerzoo.functional.matching import match, slots_of
from layerzoo.functional.predictions import Predictions
from layerzoo.functional.surrogate import with_gradient_of
from layerzoo.schema import MultiBoxLossParameter

_LARGEST_LOSS = 87.33654475
"""The logarithm of the smallest normal single-precision number, negated: the limit of a cross entropy."""


class Truth(NamedTuple):
    """Boxes of the ground truth.

    Attributes:
        image: index of the image, int64, shape (G).
        label: class, int64, shape (G).
        box: corners, shape (G, 4).
        valid: whether the box counts, bool, shape (G).
    """

    image: Tensor
    label: Tensor
    box: Tensor
    valid: Tensor


class Matching(NamedTuple):
    """How predictions are matched.

    Attributes:
        code: how boxes are predicted.
        in_target: the variances are part of the loss, not of the encoding.
        by_prior: priors are matched, not predicted boxes.
        threshold: least overlap of a match beyond the best of each box; None: there are no others.
        leave_out: leave out boxes that reach outside the image.
    """

    code: Code
    in_target: bool
    by_prior: bool
    threshold: float | None
    leave_out: bool


class Matched(NamedTuple):
    """The matches of predictions, for the L' classes that are matched apart: 1, or all.

    Attributes:
        found: whether a prediction is matched, bool, shape (N, L', P).
        open: whether it is neither matched nor left out, same shape.
        overlap: its highest overlap with the ground truth, same shape.
        label: class of its match, int64, same shape.
        box: box of its match, shape (N, L', P, 4).
        has_truth: whether an image has ground truth, bool, shape (N).
    """

    found: Tensor
    open: Tensor
    overlap: Tensor
    label: Tensor
    box: Tensor
    has_truth: Tensor


def check_fields(p: MultiBoxLossParameter) -> None:
    """Check the fields against each other.

    Raises:
        LayerFault: they contradict each other, or one is out of range.
    """
    mined = p.mining_type != MultiBoxLossParameter.NONE
    if p.HasField("do_neg_mining") and p.do_neg_mining != mined:
        name = MultiBoxLossParameter.MiningType.Name(p.mining_type)
        raise LayerFault(
            f"do_neg_mining is {str(p.do_neg_mining).lower()}, mining_type is {name}",
            field="multibox_loss_param.do_neg_mining",
            hint="remove do_neg_mining; mining_type: NONE turns mining off",
        )
    if mined and not p.share_location:
        raise LayerFault(
            "mining without share_location",
            field="multibox_loss_param.share_location",
            hint="mining_type: NONE is possible",
        )
    if p.background_label_id >= p.num_classes:
        raise LayerFault(
            f"background_label_id {p.background_label_id} of {p.num_classes} classes",
            field="multibox_loss_param.background_label_id",
        )
    if p.map_object_to_agnostic and (p.num_classes != 2 or p.background_label_id):
        raise LayerFault(
            f"map_object_to_agnostic with {p.num_classes} classes and background {p.background_label_id}",
            field="multibox_loss_param.map_object_to_agnostic",
            hint="expected num_classes: 2 and background_label_id: 0",
        )
    if p.mining_type == MultiBoxLossParameter.HARD_EXAMPLE and p.sample_size <= 0:
        raise LayerFault(
            f"sample_size {p.sample_size}", field="multibox_loss_param.sample_size", hint="it must be above 0"
        )


@torch.no_grad()
def matched(predicted: Predictions, truth: Truth, classes: int, how: Matching) -> Matched:
    """Match priors or predicted boxes with the ground truth of their images.

    Predicted boxes of several classes are each matched with the ground truth of their class.

    Args:
        predicted: the predictions.
        truth: the ground truth.
        classes: number of classes.
        how: how to match.
    """
    images, kinds, count, _ = predicted.boxes.shape
    apart = 1 if how.by_prior else kinds
    group = truth.image if apart == 1 else truth.image * classes + truth.label
    slots = slots_of(group, truth.valid, images * apart)
    boxes, labels = truth.box[slots.box], truth.label[slots.box]
    source = predicted.priors if how.by_prior else decoded(predicted, how)
    source = source.flatten(0, 1) if source.dim() == 4 else source
    overlaps = pairwise_overlap(boxes, source) * slots.filled.unsqueeze(-1)
    left_out = crosses_boundary(source).expand(len(boxes), count) if how.leave_out else None
    slot, overlap = match(overlaps, left_out, how.threshold)
    at = slot.clamp(min=0)
    shape = (images, apart, count)
    return Matched(
        (slot >= 0).view(shape),
        (slot == -1).view(shape),
        overlap.view(shape),
        labels.gather(1, at).view(shape),
        boxes.gather(1, at.unsqueeze(-1).expand(*at.shape, 4)).view(*shape, 4),
        slots.filled.any(1).view(images, apart).any(1),
    )


def decoded(predicted: Predictions, how: Matching) -> Tensor:
    """The predicted boxes, without a gradient, shape (N, L, P, 4)."""
    variances = None if how.in_target else predicted.variances
    return decode(predicted.boxes.detach(), predicted.priors, how.code, variances)


def location_losses(
    predicted: Predictions, found: Matched, how: Matching, absolute: bool, inside_only: bool
) -> Tensor:
    """The loss of the four numbers of each matched prediction, 0 of others; shape (N, L', P).

    Args:
        predicted: the predictions.
        found: their matches.
        how: how they were matched.
        absolute: SMOOTH_L1, else L2.
        inside_only: matched coordinates outside the image have no loss.
    """
    numbers = predicted.boxes
    if numbers.shape[1] != found.label.shape[1]:  # matched together, but each class has a box of its own
        own = found.label.unsqueeze(-1).expand(*found.label.shape, 4)
        numbers = numbers.gather(1, own)
    keep = found.found.unsqueeze(-1)
    if inside_only:
        corners = predicted.priors if how.by_prior else decoded(predicted, how)
        keep = keep & (corners >= 0) & (corners <= 1)
    with torch.no_grad():
        variances = None if how.in_target else predicted.variances
        target = encode(found.box, predicted.priors, how.code, variances)
        target = torch.where(keep, target, numbers.detach())
    difference = numbers - target
    if not how.in_target:
        return torch.where(keep, _penalty(difference, absolute), 0.0).sum(-1)
    # the fork leaves the factor 1 / variance out of the gradient
    value = _penalty(difference / predicted.variances, absolute)
    return torch.where(keep, with_gradient_of(value, value * predicted.variances), 0.0).sum(-1)


def class_losses(scores: Tensor, labels: Tensor, logistic: bool, others: float = 0.0) -> Tensor:
    """The loss of the scores of each prediction, shape (N, P).

    Args:
        scores: shape (N, P, C).
        labels: the class of each, int64, shape (N, P).
        logistic: LOGISTIC, else SOFTMAX.
        others: with LOGISTIC, the target of other classes.
    """
    if not logistic:
        return F.cross_entropy(scores.flatten(0, 1), labels.flatten(), reduction="none").view_as(labels)
    targets = torch.full_like(scores, others).scatter(2, labels.unsqueeze(2), 1.0)
    return F.binary_cross_entropy_with_logits(scores, targets, reduction="none").sum(-1)


def shifted_logistic_loss(scores: Tensor, found: Matched, others: float) -> Tensor:
    """The sum of the LOGISTIC losses of all predictions, with the fork's targets without mining.

    The fork moves on by P numbers, not by PC, from image to image. So the targets of all images but the first
    are at the wrong places.

    Args:
        scores: shape (N, P, C).
        found: the matches.
        others: the target of the classes that aren't matched.
    """
    images, count, classes = scores.shape
    image = torch.arange(images, device=scores.device).view(-1, 1, 1)
    place = torch.arange(count, device=scores.device)
    index = image * count + place * classes + found.label
    index = torch.where(found.found, index, scores.numel()).flatten()
    targets = scores.new_full((scores.numel() + 1,), others).scatter(0, index, 1.0)[:-1]
    return F.binary_cross_entropy_with_logits(scores.flatten(), targets, reduction="sum")


def limited(losses: Tensor) -> Tensor:
    """Losses without their gradient, at most as large as those that the fork compares."""
    return losses.detach().clamp(max=_LARGEST_LOSS)


def _penalty(difference: Tensor, absolute: bool) -> Tensor:
    if absolute:
        return F.smooth_l1_loss(difference, torch.zeros_like(difference), reduction="none")
    return difference.square() / 2
