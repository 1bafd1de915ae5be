"""ProposalTarget: labels and targets of proposed regions, to train a Faster R-CNN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.anchors import encode_offsets
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.targets import matches, sample, spread_over_classes
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.layer.param_str import ParamStr
from layerzoo.schema import LayerParameter

_NAMES = ("num_classes",)
_STD = (0.1, 0.1, 0.2, 0.2)


@register
class ProposalTarget(LabelCheck, Layer):
    """Choose regions to train on, with their classes and the offsets of the objects' boxes.

    The annotated boxes count as proposals too. A region shows the object that it overlaps most, if by
    ``fg_thresh``; background (label 0) if by less than ``bg_thresh_hi``. A random sample of ``batch_size``
    regions trains, those that show objects first. Their number depends on values. It takes the place of
    py-faster-rcnn's Python layer ``rpn.proposal_target_layer``, unless the user has a module of that name.

    Shapes: bottoms (P, 5) regions of image index, x1, y1, x2, y2, and (G, 5) objects of x1, y1, x2, y2 and
    class; tops, with two more axes of size 1 as in R-FCN: (R, 5) regions, (R, 1) labels, and (R, 4
    num_classes) targets, weights inside and weights outside the loss of boxes. Source:
    ``proposal_target_layer`` of rbgirshick/py-faster-rcnn and of py-R-FCN; Ren et al. 2015, "Faster R-CNN".
    """

    family = "detection"
    example = "num_classes: 21"
    messages = ("proposal_target_param", "python_param")
    hints = ("python_param.module", "python_param.layer", "python_param.share_in_parallel")
    bottoms = exactly(2)
    tops = exactly(5)
    without_gradient = (0, 1)
    no_gradient = "it makes labels and targets"
    stays_fp32 = True
    shapes_by_value = True
    label_word = "class of an object"

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.settings = _settings(param)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        settings = _settings(param)
        for index, shape in enumerate(bottoms):
            if len(shape) < 2 or shape[1] != 5 or any(size != 1 for size in shape[2:]):
                raise LayerFault(f"a bottom of shape {shape}; expected (N, 5)", bottom=index)
        total = bottoms[0][0] + bottoms[1][0]
        count = min(total, settings.total or total)
        boxes = (count, 4 * settings.classes, 1, 1)
        return [(count, 5, 1, 1), (count, 1, 1, 1), boxes, boxes, boxes]

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        return ParamStr(param).unknown(_NAMES)

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        return "the choice of regions that train is random"

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return 1 if bottom == 0 else 2

    def shapes_for(self, bottoms: Sequence[Tensor]) -> list[Shape]:
        return [tuple(top.shape) for top in self(*bottoms)]

    def forward(self, regions: Tensor, objects: Tensor) -> tuple[Tensor, ...]:
        p, settings = self.param.proposal_target_param, self.settings
        objects = objects.detach().reshape(objects.shape[0], 5)
        own = torch.nn.functional.pad(objects[:, :4], (1, 0))
        regions = torch.cat((regions.detach().reshape(-1, 5), own))
        found = matches(regions[:, 1:], objects)
        shows = found.overlap >= p.fg_thresh
        background = (found.overlap < p.bg_thresh_hi) & (found.overlap >= p.bg_thresh_lo) & ~shows
        kinds = torch.where(shows, 1, torch.where(background, 0, 2))
        keys = self.random_uniform(kinds.shape, kinds.device)
        total = settings.total or len(kinds)
        first = round(p.fg_fraction * total) if settings.total else total
        chosen = sample(kinds, keys, first, total)
        # objects first, then background; the others are cut off
        order = torch.where(chosen, 1 - kinds, 2).sort(dim=0, stable=True).indices
        kept = order[: int(chosen.sum())]
        labels = torch.where(shows, found.label, 0)
        # with two classes, boxes are shared by all classes of objects, as in R-FCN
        column = (
            labels.clamp(max=1).long() if settings.classes == 2 else self.indices(labels, settings.classes)
        )
        regions, labels, column = regions[kept], labels[kept], column[kept]
        targets = encode_offsets(regions[:, 1:], found.boxes[kept])
        targets = (targets - targets.new_tensor(settings.mean)) / targets.new_tensor(settings.std)
        targets = spread_over_classes(targets, column, settings.classes)
        weights = spread_over_classes(torch.ones_like(regions[:, 1:]), column, settings.classes)
        tops = (regions, labels.unsqueeze(-1), targets, weights, weights.clone())
        return tuple(top.reshape(*top.shape, 1, 1) for top in tops)


class _Settings(NamedTuple):
    """What the fields or the ``param_str`` say."""

    classes: int
    total: int
    mean: Sequence[float]
    std: Sequence[float]


def _settings(param: LayerParameter) -> _Settings:
    p = param.proposal_target_param
    classes = int(ParamStr(param).number("num_classes", p.num_classes))
    if not 2 <= classes <= 2**20:
        raise LayerFault(
            f"num_classes {classes}; expected 2 or more",
            field="proposal_target_param.num_classes",
            hint="the number of classes with the background",
        )
    mean, std = list(p.bbox_mean) or [0.0] * 4, list(p.bbox_std) or list(_STD)
    for name, values in (("bbox_mean", mean), ("bbox_std", std)):
        if len(values) != 4 or (name == "bbox_std" and not min(values) > 0):
            raise LayerFault(
                f"{name} has {len(values)} numbers; expected four, a standard deviation being above 0",
                field=f"proposal_target_param.{name}",
            )
    if not 0 <= p.fg_fraction <= 1:
        message = f"fg_fraction {p.fg_fraction:g}; expected a share from 0 to 1"
        raise LayerFault(message, field="proposal_target_param.fg_fraction")
    return _Settings(classes, p.batch_size, mean, std)
