"""AnchorTarget: labels and targets of anchors, to train a region proposal network."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.anchors import RATIOS, SCALES, at_positions, encode_offsets, scaled_anchors
from layerzoo.functional.targets import matches, sample
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.layer.param_str import ParamStr
from layerzoo.schema import LayerParameter

_NAMES = ("feat_stride", "scales", "ratios", "allowed_border")


@register
class AnchorTarget(Layer):
    """Which anchors show objects, and the offsets of the objects' boxes, as in Faster R-CNN's training.

    An anchor inside the image shows an object (label 1) if it overlaps the object more than all others do, or
    by ``positive_overlap``; it shows background (0) if it overlaps none by ``negative_overlap``. A random
    sample of ``batch_size`` anchors trains, the others have label -1 and weights of 0. It takes the place of
    py-faster-rcnn's Python layer ``rpn.anchor_target_layer``, unless the user has a module of that name.

    Shapes: bottoms (1, 2A, H, W) scores, of which only the size matters, (G, 5) objects of x1, y1, x2, y2 and
    class, (1, 3) height, width and scale of the image, and the images; tops (1, 1, A H, W) labels and (1, 4A,
    H, W) targets, weights inside and weights outside the loss of boxes. Source: ``anchor_target_layer`` of
    rbgirshick/py-faster-rcnn; Ren et al. 2015, "Faster R-CNN".
    """

    family = "detection"
    fixed_buffers = ("anchors",)
    example_bottoms = ((1, 18, 3, 3), (1, 5), (1, 3), (1, 18, 3, 3))
    example = "feat_stride: 16"
    messages = ("anchor_target_param", "python_param")
    hints = ("python_param.module", "python_param.layer", "python_param.share_in_parallel")
    bottoms = exactly(4)
    tops = exactly(4)
    without_gradient = (0, 1, 2, 3)
    no_gradient = "it makes labels and targets"
    stays_fp32 = True
    anchors: Tensor

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.settings = _settings(param)
        self.register_buffer("anchors", self.settings.anchors, persistent=False)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        count = len(_settings(param).anchors)
        scores, objects, info, _ = bottoms
        if len(scores) != 4 or scores[:2] != (1, 2 * count):
            raise LayerFault(
                f"a bottom of shape {scores} for {count} anchors; expected (1, {2 * count}, H, W)",
                bottom=0,
                hint="one image per batch; an anchor has two scores; anchors are ratios times scales",
            )
        _check_objects(objects, 1)
        if len(info) < 2 or info[1] < 2:
            raise LayerFault(f"a bottom of shape {info}; expected (1, 3): height, width and scale", bottom=2)
        _, _, height, width = scores
        boxes = (1, 4 * count, height, width)
        return [(1, 1, count * height, width), boxes, boxes, boxes]

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        return ParamStr(param).unknown(_NAMES)

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        return "the choice of anchors that train is random"

    def forward(self, scores: Tensor, objects: Tensor, info: Tensor, images: Tensor) -> tuple[Tensor, ...]:
        p, settings = self.param.anchor_target_param, self.settings
        height, width = scores.shape[2:]
        anchors = at_positions(self.anchors.to(scores.dtype), height, width, settings.stride)
        size = info.detach().reshape(info.shape[0], -1)[0]
        inside = (anchors[:, :2] >= -settings.border).all(-1)
        inside &= (anchors[:, 2] < size[1] + settings.border) & (anchors[:, 3] < size[0] + settings.border)
        found = matches(anchors, objects.detach().reshape(-1, 5))
        labels = torch.full_like(found.overlap, -1)
        background = found.overlap < p.negative_overlap
        if not p.clobber_positives:
            labels = torch.where(background, 0, labels)
        if objects.shape[0]:
            overlaps = found.overlaps.masked_fill(~inside.unsqueeze(-1), -1)
            best = (overlaps == overlaps.amax(0)).any(-1)
            labels = torch.where(best | (found.overlap >= p.positive_overlap), 1, labels)
        if p.clobber_positives:
            labels = torch.where(background, 0, labels)
        labels = torch.where(inside, labels, -1)
        keys = self.random_uniform(labels.shape, labels.device)
        chosen = sample(labels, keys, int(p.fg_fraction * p.batch_size), p.batch_size)
        labels = torch.where(chosen, labels, -1)
        positive, negative = (labels == 1).to(scores.dtype), (labels == 0).to(scores.dtype)
        if p.positive_weight < 0:
            outside = (positive + negative) / (positive.sum() + negative.sum()).clamp(min=1)
        else:
            share = p.positive_weight
            outside = positive * (share / positive.sum().clamp(min=1))
            outside = outside + negative * ((1 - share) / negative.sum().clamp(min=1))
        targets = torch.where(inside.unsqueeze(-1), encode_offsets(anchors, found.boxes), 0)
        if not objects.shape[0]:
            targets = torch.zeros_like(targets)
        by_row = labels.reshape(1, height, width, -1).permute(0, 3, 1, 2).reshape(1, 1, -1, width)
        weights = (positive.unsqueeze(-1).expand(-1, 4), outside.unsqueeze(-1).expand(-1, 4))
        return by_row, *(
            values.reshape(1, height, width, -1).permute(0, 3, 1, 2).contiguous()
            for values in (targets, *weights)
        )


class _Settings(NamedTuple):
    """What the fields or the ``param_str`` say."""

    anchors: Tensor
    stride: float
    border: float


def _settings(param: LayerParameter) -> _Settings:
    p, given = param.anchor_target_param, ParamStr(param)
    ratios = given.numbers("ratios") or list(p.ratio) or RATIOS
    scales = given.numbers("scales") or list(p.scale) or SCALES
    stride = given.number("feat_stride", p.feat_stride)
    for name, values in (("ratio", ratios), ("scale", scales), ("feat_stride", [stride])):
        if not all(0 < value < inf for value in values):
            raise LayerFault(f"{name} must be above 0", field=f"anchor_target_param.{name}")
    for name in ("base_size", "batch_size"):
        if getattr(p, name) < 1:
            raise LayerFault(f"{name} must be at least 1", field=f"anchor_target_param.{name}")
    if p.positive_weight >= 0 and not 0 < p.positive_weight < 1:
        raise LayerFault(
            f"positive_weight {p.positive_weight:g} is not between 0 and 1",
            field="anchor_target_param.positive_weight",
            hint="below 0: all anchors weigh the same",
        )
    if not 0 <= p.fg_fraction <= 1:
        message = f"fg_fraction {p.fg_fraction:g}; expected a share from 0 to 1"
        raise LayerFault(message, field="anchor_target_param.fg_fraction")
    anchors = scaled_anchors(p.base_size, ratios, scales)
    return _Settings(anchors, stride, given.number("allowed_border", p.allowed_border))


def _check_objects(shape: Shape, bottom: int) -> None:
    if len(shape) < 2 or shape[1:2] != (5,) or any(size != 1 for size in shape[2:]):
        raise LayerFault(
            f"objects of shape {shape}; expected (G, 5)",
            bottom=bottom,
            hint="x1, y1, x2, y2 and class of each",
        )
