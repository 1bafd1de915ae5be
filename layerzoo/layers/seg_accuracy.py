"""SegAccuracy: the accuracy of a segmentation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.functional.confusion import check_pixels, confusion
from layerzoo.functional.loss import LabelCheck
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter


@register
class SegAccuracy(LabelCheck, Layer):
    """The accuracy of all pixels, its mean over the classes, and the mean intersection over union.

    Pixels whose label is one of ``ignore_label`` are not counted. The mean accuracy is that of the classes
    that occur; a class that neither occurs nor is predicted has an intersection over union of 1. With
    ``reset: false`` all pixels since the start are counted.

    Shapes: bottoms (N, C, height, width) and the labels (N, 1, height, width); top (1, 1, 1, 3); at least
    float32, without a gradient. Source: the forks of DeepLab (Chen et al. 2015) and PSPNet (Zhao et al. 2017)
    of Caffe.
    """

    family = "loss"
    fixed_buffers = ("ignored",)
    higher_is_better = True
    deployed = False
    no_gradient = "the number of correct pixels is a step function of the scores"
    example = "ignore_label: 255"
    messages = ("seg_accuracy_param",)
    hints = ("seg_accuracy_param.metric",)
    stays_fp32 = True
    bottoms = exactly(2)

    confusion: Tensor
    ignored: Tensor

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.seg_accuracy_param
        self.classes = bottom_shapes[0][1]
        self.resets = p.reset
        ignored = torch.tensor(list(p.ignore_label), dtype=torch.long)
        self.register_buffer("ignored", ignored, persistent=False)
        counts = torch.zeros(self.classes, self.classes, dtype=torch.long)
        self.register_buffer("confusion", counts, persistent=False)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        scores, labels = bottoms
        check_pixels(scores, labels)
        return [(1, 1, 1, 3)]

    @classmethod
    def class_axis(cls, param: LayerParameter) -> int | None:
        return 1

    @torch.no_grad()
    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        counted = ~torch.isin(labels.long(), self.ignored)
        index = self.indices(torch.where(counted, labels, 0), self.classes)
        batch = confusion(self.classes, index, x.argmax(1, keepdim=True), counted)
        self.confusion.copy_(batch if self.resets else self.confusion + batch)
        counts = self.confusion.double()  # a float has whole numbers up to 2^24 only
        right, actual, guessed = counts.diagonal(), counts.sum(1), counts.sum(0)
        union = actual + guessed - right
        occurs = actual > 0
        accuracy = right.sum() / counts.sum().clamp(min=1)
        recall = (right / actual.clamp(min=1)).sum() / occurs.sum().clamp(min=1)
        overlap = torch.where(union == right, 1, right / union.clamp(min=1)).mean()
        dtype = torch.promote_types(x.dtype, torch.float32)
        return torch.stack((accuracy, recall, overlap)).to(dtype).view(1, 1, 1, 3)
