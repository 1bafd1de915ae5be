"""MeanIOU: the mean intersection over union of a segmentation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.functional.confusion import check_pixels, confusion
from layerzoo.functional.loss import LabelCheck
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter


@register
class MeanIOU(LabelCheck, Layer):
    """Count the pixels of each class and predicted class; tests pool them into the mean IoU.

    The intersection over union of a class is ``right / (labelled + predicted - right)``, over all pixels of
    the test; their mean, over the classes that occur or are predicted, is the value of the output. Pixels
    whose label is one of ``ignore_label`` are not counted. In SegAccuracy each batch counts by itself.

    Shapes: bottoms (N, C, height, width) and the labels (N, 1, height, width); top (1, 1, C, C), for each
    class of labels the number of pixels of each predicted class. Source: ours.
    """

    family = "loss"
    fixed_buffers = ("ignored",)
    higher_is_better = True
    counts_pixels = True
    deployed = False
    no_gradient = "the number of correct pixels is a step function of the scores"
    example = "ignore_label: 255"
    messages = ("mean_iou_param",)
    stays_fp32 = True
    bottoms = exactly(2)

    ignored: Tensor

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        ignored = torch.tensor(list(param.mean_iou_param.ignore_label), dtype=torch.long)
        self.register_buffer("ignored", ignored, persistent=False)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        scores, labels = bottoms
        check_pixels(scores, labels)
        return [(1, 1, scores[1], scores[1])]

    @classmethod
    def class_axis(cls, param: LayerParameter) -> int | None:
        return 1

    @torch.no_grad()
    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        counted = ~torch.isin(labels.long(), self.ignored)
        index = self.indices(torch.where(counted, labels, 0), x.shape[1])
        counts = confusion(x.shape[1], index, x.argmax(1, keepdim=True), counted)
        return counts.to(torch.promote_types(x.dtype, torch.float32))[None, None]
