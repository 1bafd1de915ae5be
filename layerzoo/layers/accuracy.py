"""Accuracy: the fraction of correct predictions."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import LabelCheck, check_labels_fit
from layerzoo.layer import Layer, Shape, between, canonical_axis, exactly, register
from layerzoo.schema import LayerParameter


@register
class Accuracy(LabelCheck, Layer):
    """The fraction of labels whose score is among the ``top_k`` highest.

    Ties and NaNs count as errors. Labels equal to ``ignore_label`` are not counted.

    Shapes: bottoms (outer..., C, inner...) and the labels, one for each outer and inner position; tops () and
    optionally the accuracy by class (C), 0 for a class without labels; at least float32, without a gradient.
    Source: Caffe's ``accuracy_layer``.
    """

    family = "loss"
    higher_is_better = True
    deployed = False
    no_gradient = "the number of correct predictions is a step function of the scores"
    example = "top_k: 5"
    messages = ("accuracy_param",)
    stays_fp32 = True
    bottoms = exactly(2)
    tops = between(1, 2)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.accuracy_param
        self.axis = _axis(param, bottom_shapes[0])
        self.classes = bottom_shapes[0][self.axis]
        self.top_k = p.top_k
        self.by_class = len(param.top) > 1
        self.ignore = p.ignore_label if p.HasField("ignore_label") else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        axis = _axis(param, bottoms[0])
        check_labels_fit(bottoms[0], bottoms[1], axis)
        classes = bottoms[0][axis]
        if param.accuracy_param.top_k > classes:
            raise LayerFault(
                f"top_k is {param.accuracy_param.top_k}, but there are only {classes} classes",
                field="accuracy_param.top_k",
            )
        return [(), (classes,)][: max(1, len(param.top))]

    @classmethod
    def class_axis(cls, param: LayerParameter) -> int | None:
        return param.accuracy_param.axis

    @torch.no_grad()
    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        index = self.indices(labels, self.classes, self.ignore)
        index = index.reshape(*x.shape[: self.axis], 1, *x.shape[self.axis + 1 :])
        dtype = torch.promote_types(x.dtype, torch.float32)
        counts = None
        if self.ignore is not None:
            counts = (index != self.ignore).to(dtype)
            index = index.masked_fill(counts == 0, 0)
        # "Not below" instead of "at least", so that a NaN ranks above the label. The label counts itself.
        at_least = (~(x < x.gather(self.axis, index))).sum(self.axis, keepdim=True)
        correct = (at_least <= self.top_k).to(dtype)
        if counts is None:
            accuracy = correct.mean() if correct.numel() else correct.sum()
        else:
            correct = correct * counts
            accuracy = correct.sum() / counts.sum().clamp(min=1)
        if not self.by_class:
            return accuracy
        counts = torch.ones_like(correct) if counts is None else counts
        return accuracy, self._sums(index, correct) / self._sums(index, counts).clamp(min=1)

    def _sums(self, index: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """The sum of the values by class."""
        return values.new_zeros(self.classes).scatter_add_(0, index.flatten(), values.flatten())


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(param.accuracy_param.axis, len(shape), "accuracy_param.axis")
