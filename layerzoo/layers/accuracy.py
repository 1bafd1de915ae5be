"""Accuracy: the fraction of correct predictions."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import LabelCheck, check_labels_fit
from layerzoo.layer import Layer, Shape, between, canonical_axis, register
from layerzoo.schema import LayerParameter


@register
class Accuracy(LabelCheck, Layer):
    """The fraction of labels whose score is among the ``top_k`` highest, or lowest with ``min_is_better``.

    Ties and NaNs count as errors. Labels equal to ``ignore_label`` are not counted.

    Shapes: bottoms (outer..., C, inner...) and the labels, one for each outer and inner position; tops () and
    optionally the accuracy by class (C), 0 for a class without labels, or (C, 1, 1, 1) and 1 with
    ``segnet_classes``; at least float32, without a gradient. Source: Caffe's ``accuracy_layer``;
    ``min_is_better`` and a third bottom, whose zeros leave labels out: caffe-windows; ``segnet_classes``:
    SegNet's fork.
    """

    family = "loss"
    higher_is_better = True
    deployed = False
    no_gradient = "the number of correct predictions is a step function of the scores"
    example = "top_k: 5"
    messages = ("accuracy_param",)
    stays_fp32 = True
    bottoms = between(2, 3)
    tops = between(1, 2)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.accuracy_param
        self.axis = _axis(param, bottom_shapes[0])
        self.top_k = p.top_k
        self.by_class = len(param.top) > 1
        self.ignore = p.ignore_label if p.HasField("ignore_label") else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        axis = _axis(param, bottoms[0])
        check_labels_fit(bottoms[0], bottoms[1], axis)
        if len(bottoms) > 2 and prod(bottoms[2]) != prod(bottoms[1]):
            raise LayerFault(f"weights of shape {bottoms[2]} for labels of shape {bottoms[1]}", bottom=2)
        classes = bottoms[0][axis]
        if param.accuracy_param.top_k > classes:
            raise LayerFault(
                f"top_k is {param.accuracy_param.top_k}, but there are only {classes} classes",
                field="accuracy_param.top_k",
            )
        by_class: Shape = (classes, 1, 1, 1) if param.accuracy_param.segnet_classes else (classes,)
        return [(), by_class][: max(1, len(param.top))]

    @classmethod
    def class_axis(cls, param: LayerParameter) -> int | None:
        return param.accuracy_param.axis

    @torch.no_grad()
    def forward(
        self, x: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor | tuple[torch.Tensor, ...]:
        p = self.param.accuracy_param
        index = self.indices(labels, x.shape[self.axis], self.ignore)
        index = index.reshape(*x.shape[: self.axis], 1, *x.shape[self.axis + 1 :])
        dtype = torch.promote_types(x.dtype, torch.float32)
        counts = None
        if self.ignore is not None:
            counts = (index != self.ignore).to(dtype)
            index = index.masked_fill(counts == 0, 0)
        if weights is not None:
            weighted = (weights.reshape(index.shape) != 0).to(dtype)
            counts = weighted if counts is None else counts * weighted
        # "Not below" instead of "at least", so that a NaN ranks above the label. The label counts itself.
        own = x.gather(self.axis, index)
        at_least = (~(x > own if p.min_is_better else x < own)).sum(self.axis, keepdim=True)
        correct = (at_least <= self.top_k).to(dtype)
        if counts is None:
            accuracy = correct.mean() if correct.numel() else correct.sum()
        else:
            correct = correct * counts
            accuracy = correct.sum() / counts.sum().clamp(min=1)
        if not self.by_class:
            return accuracy
        counts = torch.ones_like(correct) if counts is None else counts
        empty = correct.new_zeros(x.shape[self.axis])
        counts = empty.scatter_add(0, index.flatten(), counts.flatten())
        by_class = empty.scatter_add(0, index.flatten(), correct.flatten()) / counts.clamp(min=1)
        if p.segnet_classes:
            by_class = torch.where(counts > 0, by_class, 1).view(-1, 1, 1, 1)
        return accuracy, by_class


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(param.accuracy_param.axis, len(shape), "accuracy_param.axis")
