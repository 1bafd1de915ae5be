"""Proposal: boxes that may show objects, from the scores and offsets of anchors."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, prod
from typing import NamedTuple

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.anchors import (
    RATIOS,
    SCALES,
    at_positions,
    by_position,
    choose_proposals,
    decode_offsets,
    inside_image,
    pixel_anchors,
    scaled_anchors,
)
from layerzoo.functional.nms_source import SOURCE as NMS
from layerzoo.functional.proposal_source import SOURCE
from layerzoo.layer import Layer, Shape, between, exactly, register
from layerzoo.layer.param_str import ParamStr
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import TRAIN, LayerParameter, ProposalParameter

_NAMES = ("feat_stride", "scales", "ratios")
_OF_TRAINING = (12000, 2000)


@register
class Proposal(Layer):
    """Propose regions: the anchors of highest score, moved by their offsets, without those that overlap.

    Boxes are cut to the image, and small ones left out; in caffe-windows, whose third bottom has four
    numbers, their scores become 0 instead. It also takes the place of py-faster-rcnn's Python layer
    ``rpn.proposal_layer``, with its ``param_str`` and its numbers of boxes, unless the user has a module of
    that name. The number of regions depends on values: there are ``post_nms_topn`` for each image at most.

    Shapes: bottoms (N, 2A, H, W) scores, of which the last A show objects, (N, 4A, H, W) offsets, and (N or
    1, 3 or 4) height, width and scale of the images; tops (R, 5) regions of image index, x1, y1, x2, y2, and
    (R) scores, (R, 1) in py-faster-rcnn. Source: ``proposal_layer`` of happynear/caffe-windows and of
    rbgirshick/py-faster-rcnn; Ren et al. 2015, "Faster R-CNN".
    """

    family = "detection"
    fixed_buffers = ("anchors",)
    example_bottoms = ((1, 2, 5, 6), (1, 4, 5, 6), (1, 3))
    example = "feat_stride: 16 ratio: 1 scale: 8 pre_nms_topn: 6000 post_nms_topn: 300"
    messages = ("proposal_param", "python_param")
    hints = ("python_param.module", "python_param.layer", "python_param.share_in_parallel")
    bottoms = exactly(3)
    tops = between(1, 2)
    without_gradient = (0, 1, 2)
    no_gradient = "it chooses boxes"
    stays_fp32 = True
    shapes_by_value = True
    regions_field = "proposal_param.post_nms_topn"
    anchors: Tensor

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.settings = _settings(param, _numbers_of_image(bottom_shapes[2]))
        self.register_buffer("anchors", self.settings.anchors, persistent=False)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        scores, offsets, info = bottoms
        settings = _settings(param, _numbers_of_image(info))
        count = len(settings.anchors)
        for index, (shape, channels) in enumerate(((scores, 2 * count), (offsets, 4 * count))):
            expected = (scores[0] if scores else 1, channels, *scores[2:4])
            if len(shape) != 4 or shape != expected:
                raise LayerFault(
                    f"a bottom of shape {shape} for {count} anchors; expected {expected}",
                    bottom=index,
                    hint="an anchor has two scores and four offsets; anchors are ratios times scales",
                )
        if info[0] not in {1, scores[0]}:
            raise LayerFault(f"sizes of {info[0]} images for {scores[0]} images", bottom=2)
        total = count * prod(scores[2:])
        regions = scores[0] * min(total, *(n for n in (settings.before, settings.after) if n), total)
        tops: list[Shape] = [(regions, 5), (regions, 1) if settings.of_python else (regions,)]
        return tops[: max(1, len(param.top))]

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        return ParamStr(param).unknown(_NAMES)

    @classmethod
    def typical_values(
        cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]
    ) -> Sequence[float] | None:
        if bottom != 2:
            return None
        stride = _settings(param, _numbers_of_image(shapes[2])).stride
        height, width = shapes[0][2:]
        return [height * stride, width * stride, 1.0, 1.0][: _numbers_of_image(shapes[2])]

    def shapes_for(self, bottoms: Sequence[Tensor]) -> list[Shape]:
        tops = self(*bottoms)
        return [tuple(top.shape) for top in (tops if isinstance(tops, tuple) else (tops,))]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        settings = self.settings
        source.helpers |= {"suppress": NMS, "propose": SOURCE}
        boxes = f"torch.tensor({settings.anchors.tolist()})"
        limits = f"{settings.before}, {settings.after}, {number(settings.threshold)}"
        rest = f"{number(settings.stride)}, {number(settings.min_size)}, {limits}, {settings.by_scores}"
        rest += f", {settings.of_python}"  # scores as a column
        regions = f"propose({', '.join(bottoms.names)}, {boxes}, {rest})"
        return regions if len(self.param.top) > 1 else f"{regions}[0]"

    def forward(self, scores: Tensor, offsets: Tensor, info: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        settings = self.settings
        scores, offsets, info = scores.detach(), offsets.detach(), info.detach().reshape(info.shape[0], -1)
        objects = by_position(scores[:, len(self.anchors) :], 1).squeeze(-1)
        height, width = scores.shape[2:]
        anchors = at_positions(self.anchors.to(offsets.dtype), height, width, settings.stride)
        rows, columns, *scale = info.unsqueeze(-1).unbind(1)
        boxes = inside_image(decode_offsets(anchors, by_position(offsets, 4)), rows, columns)
        sides = boxes[..., 2:] - boxes[..., :2] + 1
        large = (sides[..., 0] >= settings.min_size * scale[-1 if settings.by_scores else 0]) & (
            sides[..., 1] >= settings.min_size * scale[0]
        )
        if settings.by_scores:
            objects, large = objects * large, torch.ones_like(large)
        limits = (settings.before, settings.after, settings.threshold)
        chosen = choose_proposals(boxes, objects, large, *limits)
        if self.top_count < 2:
            return chosen.regions
        return chosen.regions, chosen.scores.unsqueeze(-1) if settings.of_python else chosen.scores


class _Settings(NamedTuple):
    """What the fields or the ``param_str`` say.

    Attributes:
        of_python: it takes the place of py-faster-rcnn's Python layer.
        by_scores: small boxes get a score of 0, as in caffe-windows; otherwise they are left out.
        anchors: shape (A, 4).
        before, after: numbers of boxes before and after suppression.
    """

    of_python: bool
    by_scores: bool
    anchors: Tensor
    stride: float
    min_size: float
    before: int
    after: int
    threshold: float


def _settings(param: LayerParameter, numbers: int) -> _Settings:
    p, given = param.proposal_param, ParamStr(param)
    of_python = param.HasField("python_param")
    unit = p.scale_unit
    if unit == ProposalParameter.BY_BOTTOM:
        pixels = numbers == 4 and not of_python
        unit = ProposalParameter.PIXEL if pixels else ProposalParameter.BASE
    ratios = given.numbers("ratios") or list(p.ratio) or RATIOS
    scales = given.numbers("scales") or list(p.scale) or SCALES
    stride = given.number("feat_stride", p.feat_stride)
    for name, values in (("ratio", ratios), ("scale", scales), ("feat_stride", [stride])):
        if not all(0 < value < inf for value in values):
            raise LayerFault(f"{name} must be above 0", field=f"proposal_param.{name}")
    if not p.base_size:
        raise LayerFault("base_size must be at least 1", field="proposal_param.base_size")
    before, after = _OF_TRAINING if of_python and param.phase == TRAIN else (p.pre_nms_topn, p.post_nms_topn)
    before = p.pre_nms_topn if p.HasField("pre_nms_topn") else before
    after = p.post_nms_topn if p.HasField("post_nms_topn") else after
    anchors = (pixel_anchors if unit == ProposalParameter.PIXEL else scaled_anchors)(
        p.base_size, ratios, scales
    )
    by_scores = numbers == 4 and not of_python
    return _Settings(of_python, by_scores, anchors, stride, p.min_size, before, after, p.nms_thresh)


def _numbers_of_image(info: Shape) -> int:
    """How many numbers the third bottom has for an image."""
    if len(info) < 2 or prod(info[1:]) not in {3, 4}:
        raise LayerFault(
            f"a third bottom of shape {info}; expected (1, 3): height, width and scale, or (1, 4)", bottom=2
        )
    return prod(info[1:])
