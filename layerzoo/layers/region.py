"""Region: the predictions of YOLO v2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional import yolo
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter

_LOSS: Final = "region_loss_param"
_UNREAD: Final = {
    "region_param": "anchors side biases jitter object_scale class_scale noobject_scale coord_scale thresh",
    _LOSS: "side bias_match jitter rescore object_scale class_scale noobject_scale coord_scale absolute "
    "random softmax_tree class_map batch",
}


@register
class Region(Layer):
    """Sigmoids of centres and objectness, and a softmax of classes, of the boxes that YOLO v2 predicts.

    The fields present decide between three dialects. ``region_param``: the top is laid out as the bottom.
    With ``boxes_of_each_grid`` its memory holds a row for each box, cell by cell, and centres stay as they
    are; ``softmax`` is off unless set. ``region_loss_param``, with two tops: the boxes of the first image as
    fractions of the image, and their probabilities, objectness times class, 0 unless above ``threshold``, the
    highest of each box last.

    Shapes: bottom (N, num (coords + 1 + classes), H, W); top the same, or two tops (num, H, W, 4) and (num,
    H, W, classes + 1). Source: ``region_layer`` of openvinotoolkit/training_toolbox_caffe and
    sokeeffe/caffe_yolo, of quhezheng/caffe_yolo_v2 and BirdeeChen/caffe_yolo_v2 (``boxes_of_each_grid``), of
    zhang-xin/caffe (``region_loss_param``); Redmon and Farhadi 2017 (YOLO9000).
    """

    family = "detection"
    fixed_buffers = ("anchors",)
    example = "num: 1 classes: 3"
    example_bottoms = ((2, 8, 2, 3),)
    messages = ("region_param", _LOSS)
    ignores: ClassVar[Mapping[str, str]] = {
        f"{message}.{name}": "the forks don't use it in this layer"
        for message, names in _UNREAD.items()
        for name in names.split()
    }
    tops = between(1, 2)
    no_gradient = "the forks compute none"
    anchors: Tensor

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        sizes = yolo.pairs(param.region_loss_param.biases)[: param.region_loss_param.num]
        self.register_buffer("anchors", sizes, persistent=False)
        self.decodes, self.counts = _decodes(param), _counts(param)
        p, loss = param.region_param, param.region_loss_param
        self.by_rows = p.HasField("boxes_of_each_grid")
        self.softmax = p.softmax if p.HasField("softmax") else not self.by_rows
        self.threshold = loss.threshold if loss.HasField("threshold") else loss.thresh

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if not param.region_param.HasField("boxes_of_each_grid"):
            return cls.ignores
        return {**cls.ignores, "region_param.num": "boxes_of_each_grid is the number of anchors"}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        decodes = _decodes(param)
        if param.HasField("region_param") and param.HasField(_LOSS):
            raise LayerFault("region_param and region_loss_param are of two forks; give one", field=_LOSS)
        if len(param.top) > 1 and not decodes:
            raise LayerFault("a second top needs region_loss_param; region_param has one top")
        if decodes and len(param.top) == 1:
            raise LayerFault(
                "with region_loss_param there are two tops, boxes and probabilities", field=_LOSS
            )
        coords, boxes, classes = _counts(param)
        if coords != 4 and (decodes or param.region_param.HasField("boxes_of_each_grid")):
            field = f"{_LOSS if decodes else 'region_param'}.coords"
            raise LayerFault(f"coords is {coords}; only 4 exist here", field=field)
        yolo.check_grid(bottoms[0], boxes, coords + 1 + classes)
        if not decodes:
            return [bottoms[0]]
        yolo.check_anchors(param.region_loss_param.biases, boxes - 1, _LOSS)
        grid = (boxes, *bottoms[0][2:])
        return [(*grid, 4), (*grid, classes + 1)]

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        coords, boxes, _ = self.counts
        raw = yolo.cells(x, boxes)
        score, classes = raw[..., coords : coords + 1].sigmoid(), raw[..., coords + 1 :]
        if self.decodes:
            return self._decoded(raw, score, classes)
        if self.softmax:
            classes = classes.softmax(-1)
        if self.by_rows:
            # a row a box, cell by cell, in a blob of the bottom's shape
            return torch.cat((raw[..., :coords], score, classes), -1).movedim(1, 3).reshape(x.shape)
        return yolo.channels(torch.cat((raw[..., :2].sigmoid(), raw[..., 2:coords], score, classes), -1))

    def _decoded(self, raw: Tensor, score: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        """Boxes and probabilities of the first image."""
        p, (height, width) = self.param.region_loss_param, raw.shape[2:4]
        coordinates = torch.cat((raw[..., :2].sigmoid(), raw[..., 2:4]), -1)
        boxes = yolo.boxes(coordinates, yolo.scaled(self.anchors.to(raw), 1 / width, 1 / height))
        probability = score * (classes.softmax(-1) if p.softmax else classes)
        probability = torch.cat((probability, probability.amax(-1, keepdim=True)), -1)
        return boxes[0], torch.where(probability > self.threshold, probability, 0)[0]


def _decodes(param: LayerParameter) -> bool:
    """Whether the tops are boxes and probabilities."""
    return param.HasField(_LOSS) or (len(param.top) > 1 and not param.HasField("region_param"))


def _counts(param: LayerParameter) -> tuple[int, int, int]:
    """Number of coordinates of a box, of boxes of a cell, and of classes."""
    if _decodes(param):
        own = param.region_loss_param
        return own.coords, own.num, own.num_classes if own.HasField("num_classes") else own.num_class
    p = param.region_param
    boxes = p.boxes_of_each_grid if p.HasField("boxes_of_each_grid") else p.num
    return p.coords, boxes, p.num_classes if p.HasField("num_classes") else p.classes
