"""RegionLoss: the loss of YOLO v2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional import yolo
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.surrogate import with_gradient_field
from layerzoo.functional.typical_objects import yolo_rows
from layerzoo.functional.yolo_matches import Matches, Objects
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter


@register
class RegionLoss(LabelCheck, Layer):
    """Loss of YOLO v2: the errors of coordinates, objectness and classes, squared and summed.

    An object is matched with the anchor that it overlaps most, both moved to one centre, at the cell of its
    centre. The objectness of boxes without a match is to be 0, and counts only if they overlap no object by
    more than ``thresh``.

    The gradient is the errors themselves, as the fork has it, not the derivative of their squares.

    Shapes: bottoms (N, num (5 + num_class), H, W) and (N, T, 5), the objects: class, centre x, centre y,
    width, height as fractions of the image, zeros after the last (T is 300 in the fork); top (). Source:
    ``region_loss_layer`` of eric612/MobileNet-YOLO; Redmon and Farhadi 2017 (YOLO9000).
    """

    family = "loss"
    fixed_buffers = ("anchors",)
    example_bottoms = ((2, 8, 2, 3), (2, 3, 5))
    example = "num: 1 num_class: 3 biases: 1.5 biases: 2"
    messages = ("region_loss_param",)
    ignores: ClassVar[Mapping[str, str]] = {
        "region_loss_param.side": "the bottom gives the number of cells",
        "region_loss_param.softmax": "the fork always applies a softmax to the classes",
        "region_loss_param.jitter": "the fork doesn't read it; a data layer augments images",
        "region_loss_param.absolute": "the fork doesn't read it",
        "region_loss_param.random": "the fork doesn't read it; the size of the net stays",
        "region_loss_param.softmax_tree": "the fork doesn't read it",
        "region_loss_param.class_map": "the fork doesn't use it",
        "region_loss_param.num_classes": "only Region reads it; the loss has num_class",
        "region_loss_param.threshold": "only Region reads it; the loss has thresh",
        "region_loss_param.batch": "the bottom gives the number of images",
    }
    bottoms = exactly(2)
    is_loss = True
    without_gradient = (1,)
    anchors: Tensor

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.own = p = param.region_loss_param
        self.register_buffer("anchors", yolo.pairs(p.biases)[: p.num], persistent=False)

    @classmethod
    def typical_values(
        cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]
    ) -> Sequence[float] | None:
        return yolo_rows(shapes[1]) if bottom == 1 else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.region_loss_param
        if p.coords != 4:
            raise LayerFault(f"coords is {p.coords}; only 4 exist", field="region_loss_param.coords")
        yolo.check_anchors(p.biases, p.num - 1, "region_loss_param")
        yolo.check_grid(bottoms[0], p.num, 5 + p.num_class)
        yolo.check_objects(bottoms[1], bottoms[0][0])
        return [()]

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        return "the errors whose squares are the loss"

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        p, (n, _, height, width) = self.own, x.shape
        raw = yolo.cells(x, p.num)
        flat = raw.flatten(1, 3)
        anchors = self.anchors.to(x.dtype)
        sizes = yolo.scaled(anchors, 1 / width, 1 / height)
        coordinates = torch.cat((raw[..., :2].sigmoid(), raw[..., 2:4]), -1)
        predicted = yolo.boxes(coordinates, sizes).flatten(1, 3)
        coordinates, score = coordinates.flatten(1, 3), flat[..., 4].sigmoid()

        objects = Objects.of(labels.to(x.dtype))
        with torch.no_grad():
            near = yolo.best_similarity(predicted.detach(), objects.boxes, objects.near)
            matches = self._matches(objects, predicted.detach(), sizes, (height, width))
        last = matches.last.unsqueeze(-1)
        hit = matches.hit

        target, weight = self._targets(matches, anchors, (height, width))
        own = matches.at(coordinates)
        errors = matches.sums(torch.where(last, weight * (own - target) * _slopes(own), 0))

        overlap = yolo.similarity(matches.at(predicted), matches.truth)
        wanted = matches.sums(torch.where(last, overlap.unsqueeze(-1), 0)).squeeze(-1) if p.rescore else 1.0
        slope = score * (1 - score)
        objectness = torch.where(near > p.thresh, 0, p.noobject_scale * score * slope)
        objectness = torch.where(hit, p.object_scale * (score - wanted) * slope, objectness)
        label = matches.classes(p.num_class, matches.last).to(x.dtype)
        classes = torch.where(hit.unsqueeze(-1), p.class_scale * (flat[..., 5:].softmax(-1) - label), 0)

        errors = torch.cat((errors, objectness.unsqueeze(-1), classes), -1)
        field = yolo.channels(errors.reshape(raw.shape))
        return with_gradient_field(errors.square().sum() / max(1, n), x, field / max(1, n))

    def _matches(self, objects: Objects, predicted: Tensor, sizes: Tensor, grid: tuple[int, int]) -> Matches:
        """The best anchor of each object."""
        p, (height, width) = self.own, grid
        row, column = objects.cells(height, width)
        slots = torch.arange(p.num, device=predicted.device)
        places = slots * height * width + (row * width + column).unsqueeze(-1)
        shapes = sizes.expand(*places.shape, 2)
        if not p.bias_match:
            index = places.flatten(1).unsqueeze(-1).expand(-1, -1, 4)
            shapes = predicted.gather(1, index)[..., 2:].reshape(shapes.shape)
        centered = torch.cat((torch.zeros_like(shapes), shapes), -1)
        truth = torch.cat((torch.zeros_like(objects.boxes[..., :2]), objects.boxes[..., 2:]), -1)
        best = yolo.similarity(centered, truth.unsqueeze(2)).nan_to_num(0).argmax(-1)
        place = places.gather(-1, best.unsqueeze(-1)).squeeze(-1)
        index = self.indices(objects.rows[..., 0], p.num_class)
        return Matches(place, objects.valid, index, objects.boxes, p.num * height * width)

    def _targets(self, matches: Matches, anchors: Tensor, grid: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """The coordinates of the truth relative to cell and anchor, and their weight."""
        truth, (height, width) = matches.truth, grid
        slot, cell = matches.place // (height * width), matches.place % (height * width)
        corner = torch.stack((cell % width, cell // width), -1)
        center = yolo.scaled(truth[..., :2], width, height) - corner
        extent = (yolo.scaled(truth[..., 2:], width, height) / anchors[slot]).log()
        weight = torch.full_like(truth[..., 2:3], self.own.coord_scale)
        if not self.own.rescore:
            weight = weight * (2 - truth[..., 2:3] * truth[..., 3:4])
        return torch.cat((center, extent), -1), weight


def _slopes(coordinates: Tensor) -> Tensor:
    """The derivative of coordinates: of the sigmoid for the centre, 1 for the extent."""
    center = coordinates[..., :2]
    return torch.cat((center * (1 - center), torch.ones_like(coordinates[..., 2:])), -1)
