"""Yolov3: the loss of YOLO v3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, cast

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional import yolo
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.surrogate import with_gradient_field
from layerzoo.functional.typical_objects import yolo_rows
from layerzoo.functional.yolo_matches import Matches, Objects
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter, Yolov3Parameter


@register
class Yolov3(LabelCheck, Layer):
    """Loss of YOLO v3: the errors of coordinates, objectness and classes, squared and summed.

    An object is matched with the anchor that is most similar in size, at the cell of its centre, if ``mask``
    has that anchor; with ``iou_thresh`` below 1 also with others. The objectness of boxes without a match is
    to be 0, and counts only if no object is more similar than ``thresh``. With an ``iou_loss`` other than
    MSE, ``iou_normalizer`` times the mean of 1 minus the similarity replaces the errors of the coordinates.

    The gradient is the errors themselves, as the fork has it: that of a cross-entropy, not of the squares.

    Shapes: bottoms (N, num (5 + num_class), H, W) and (N, T, 5), the objects: class, centre x, centre y,
    width, height as fractions of the image, zeros after the last (T is 300 in the fork); top (). Source:
    ``yolov3_layer`` of eric612/MobileNet-YOLO; Redmon and Farhadi 2018 (YOLOv3); Zheng et al. 2020 (DIoU).
    """

    family = "loss"
    fixed_buffers = ("anchors", "mask", "slots")
    example_bottoms = ((2, 8, 2, 3), (2, 3, 5))
    example = "num: 1 num_class: 3 mask: 0 biases: 30 biases: 40"
    messages = ("yolov3_param",)
    ignores: ClassVar[Mapping[str, str]] = {
        "yolov3_param.side": "the bottom gives the number of cells",
        "yolov3_param.noobject_scale": "the fork doesn't read it; the weight is 1",
    }
    bottoms = exactly(2)
    is_loss = True
    without_gradient = (1,)
    anchors: Tensor
    mask: Tensor
    slots: Tensor

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.own = p = param.yolov3_param
        kind = Yolov3Parameter.IouLoss.Name(p.iou_loss)
        self.squared = kind == "MSE"
        self.measure = cast(yolo.Similarity, "IOU" if self.squared else kind)
        mask = list(p.mask[: p.num])
        slots = [mask.index(i) if i in mask else -1 for i in range(len(p.biases) // 2)]
        self.register_buffer("anchors", yolo.pairs(p.biases), persistent=False)
        self.register_buffer("mask", torch.tensor(mask), persistent=False)
        self.register_buffer("slots", torch.tensor(slots), persistent=False)

    @classmethod
    def typical_values(
        cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]
    ) -> Sequence[float] | None:
        return yolo_rows(shapes[1]) if bottom == 1 else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.yolov3_param
        if param.yolov3_param.anchors_scale < 1:
            raise LayerFault("anchors_scale must be at least 1", field="yolov3_param.anchors_scale")
        if len(p.mask) < p.num:
            raise LayerFault(
                f"{len(p.mask)} indices of anchors; expected num = {p.num}", field="yolov3_param.mask"
            )
        yolo.check_anchors(p.biases, max(p.mask[: p.num], default=-1), "yolov3_param")
        yolo.check_grid(bottoms[0], p.num, 5 + p.num_class)
        yolo.check_objects(bottoms[1], bottoms[0][0])
        return [()]

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        return "the errors whose squares are the loss"

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        p, (n, _, height, width) = self.own, x.shape
        raw = yolo.cells(x, p.num)
        squashed = raw.sigmoid()
        grid = torch.cat((squashed[..., :2], raw[..., 2:4], squashed[..., 4:]), -1)
        image = (width * p.anchors_scale, height * p.anchors_scale)
        sizes = yolo.scaled(self.anchors.to(x.dtype), 1 / image[0], 1 / image[1])
        predicted = yolo.boxes(grid[..., :4], sizes[self.mask]).flatten(1, 3)
        flat = grid.flatten(1, 3)

        objects = Objects.of(labels.to(x.dtype))
        with torch.no_grad():
            near = yolo.best_similarity(predicted.detach(), objects.boxes, objects.near, self.measure)
            matches = self._matches(objects, sizes, (height, width))
        coordinates = self._coordinate_errors(matches, flat, predicted, (height, width))
        weight = p.object_scale if p.use_logic_gradient else 1.0
        found = weight * (flat[..., 4] - 1)
        objectness = torch.where(matches.hit, found, torch.where(near > p.thresh, 0, flat[..., 4]))
        errors = torch.cat((coordinates, objectness.unsqueeze(-1), self._class_errors(matches, flat)), -1)

        if self.squared:
            loss = errors.square().sum()
        else:
            distance = 1 - yolo.similarity(matches.at(predicted), matches.truth, self.measure)
            count, share = matches.valid.sum(), self.clock.shared_count
            count = count.clamp(min=1) if share is None else share(count) * self.clock.processes
            total = torch.where(matches.valid, distance, 0).sum() / count
            loss = errors[..., 4:].square().sum() + p.iou_normalizer * total
        if p.use_logic_gradient:
            slope = squashed.flatten(1, 3) * (1 - squashed.flatten(1, 3))
            slope = torch.cat((slope[..., :2], torch.ones_like(slope[..., 2:4]), slope[..., 4:]), -1)
            errors = errors * slope
        field = yolo.channels(errors.reshape(grid.shape))
        return with_gradient_field(loss / max(1, n), x, field / max(1, n))

    def _matches(self, objects: Objects, sizes: Tensor, grid: tuple[int, int]) -> Matches:
        """The best anchor of each object, then its further ones."""
        p, slots, (height, width) = self.own, self.slots, grid
        anchors = torch.cat((torch.zeros_like(sizes), sizes), -1)
        shapes = torch.cat((torch.zeros_like(objects.boxes[..., :2]), objects.boxes[..., 2:]), -1)
        alike = yolo.similarity(anchors, shapes.unsqueeze(2), self.measure)
        most, best = alike.nan_to_num(-1).max(-1)
        slot = torch.where(most > 0, slots[best], -1)
        # As in the fork, the slot of the best anchor is compared with numbers of anchors here, so that the
        # best anchor may count twice.
        numbers = torch.arange(len(slots), device=slots.device)
        other = numbers != torch.where(slot < 0, best, slot).unsqueeze(-1)
        more = other & (slots >= 0) & (alike > p.iou_thresh) & (p.iou_thresh < 1)
        visited = torch.cat((slot.unsqueeze(-1), torch.where(more, slots, -1)), -1)
        row, column = objects.cells(height, width)
        cell = (row * width + column).unsqueeze(-1)
        place = visited.clamp(min=0) * height * width + cell
        valid = (visited >= 0) & objects.valid.unsqueeze(-1)
        index = self.indices(objects.rows[..., 0], p.num_class).unsqueeze(-1).expand_as(place)
        truth = objects.boxes.unsqueeze(2).expand(*place.shape, 4)
        total = p.num * height * width
        return Matches(place.flatten(1), valid.flatten(1), index.flatten(1), truth.flatten(1, 2), total)

    def _coordinate_errors(
        self, matches: Matches, flat: Tensor, predicted: Tensor, grid: tuple[int, int]
    ) -> Tensor:
        """The errors of the coordinates of each box; shape (N, total, 4)."""
        p, truth, own = self.own, matches.truth, matches.at(flat[..., :4])
        if self.squared:
            height, width = grid
            slot, cell = matches.place // (height * width), matches.place % (height * width)
            corner = torch.stack((cell % width, cell // width), -1)
            center = yolo.scaled(truth[..., :2], width, height) - corner
            pixels = yolo.scaled(truth[..., 2:], width * p.anchors_scale, height * p.anchors_scale)
            extent = (pixels / self.anchors.to(truth.dtype)[self.mask][slot]).log()
            weight = p.coord_scale * (2 - truth[..., 2:3] * truth[..., 3:4])
            errors, counted = weight * (own - torch.cat((center, extent), -1)), matches.last
        else:
            slopes = yolo.similarity_slope(matches.at(predicted), truth, self.measure)
            slopes = torch.cat((slopes[..., :2], slopes[..., 2:] * own[..., 2:].exp()), -1) * p.iou_normalizer
            errors = -slopes.nan_to_num(0, 0, 0).clamp(-p.max_delta, p.max_delta)
            counted = matches.valid if p.accumulate else matches.last
        return matches.sums(torch.where(counted.unsqueeze(-1), errors, 0))

    def _class_errors(self, matches: Matches, flat: Tensor) -> Tensor:
        """The errors of the classes of each box; shape (N, total, num_class)."""
        p, scores = self.own, flat[..., 5:]
        smooth = p.label_smooth_eps / 2
        high = p.class_scale * (scores - (1 - smooth))
        if not p.use_focal_loss:
            errors = torch.where(matches.classes(p.num_class), high, p.class_scale * (scores - smooth))
            return torch.where(matches.hit.unsqueeze(-1), errors, 0)
        first = matches.classes(p.num_class, matches.first)
        score = torch.where(first, scores, 0).sum(-1, keepdim=True) + 1e-15
        weight = -0.5 * (1 - score) * (2 * score * score.log() + score - 1)
        errors = torch.where(
            matches.hit.unsqueeze(-1), p.class_scale * weight * (scores - first.to(scores.dtype)), 0
        )
        return torch.where(matches.classes(p.num_class, matches.valid & ~matches.first), high, errors)
