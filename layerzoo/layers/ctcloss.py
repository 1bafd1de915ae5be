"""CtcLoss: cost of sequences of labels, for texts in images."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.ctc import check_sequences, costs, kept
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.surrogate import with_gradient_of
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import CTCLossParameter, LayerParameter

_READ = ("alphabet_size", "time_step", "blank_label")


@register
class CtcLoss(LabelCheck, Layer):
    """Mean cost of sequences: ``-log`` of the probability of their labels by softmax, over all alignments.

    Labels that are ``blank_label`` are padding. A sequence that can't be aligned costs nothing. The gradient
    is that of the sum over sequences.

    Shapes: bottoms (T, N, C), scores, and (N, L) labels; top (). Source: ``ctc_loss_layer`` of DeepDetect's
    caffe (Baidu's warp-ctc); Graves, Fernández, Gomez and Schmidhuber 2006.
    """

    family = "loss"
    messages = ("ctc_loss_param",)
    example = "alphabet_size: 10 time_step: 4"
    ignores = {  # noqa: RUF012
        f"ctc_loss_param.{field.name}": "CTCLoss reads it"
        for field in CTCLossParameter.DESCRIPTOR.fields
        if field.name not in _READ
    }
    bottoms = exactly(2)
    is_loss = True
    without_gradient = (1,)
    stays_fp32 = True

    @property
    def divides_by_first_axis(self) -> bool:
        return False  # that of sequences is the second one

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        return "that of the sum over sequences; the loss is their mean"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.ctc_loss_param
        steps, count, labels = check_sequences(bottoms[0])
        if len(bottoms[1]) < 2 or bottoms[1][0] != count or prod(bottoms[1][2:]) != 1:
            raise LayerFault(f"labels of shape {bottoms[1]} for {count} sequences; expected (N, L)", bottom=1)
        if not p.alphabet_size:
            message = "alphabet_size must be at least 1"
            raise LayerFault(message, field="ctc_loss_param.alphabet_size", hint=f"give {labels}")
        if not 0 < p.time_step <= steps:
            message = f"time_step {p.time_step} for scores of {steps} steps"
            raise LayerFault(message, field="ctc_loss_param.time_step", hint=f"give {steps}")
        if not 0 <= p.blank_label < labels:
            message = f"blank_label {p.blank_label}; 0 to {labels - 1} exist"
            raise LayerFault(message, field="ctc_loss_param.blank_label")
        return [()]

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        given, labels = param.ctc_loss_param.alphabet_size, bottoms[0][2]
        return [f"alphabet_size {given} for scores of {labels} labels; {labels} count"] * (given != labels)

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return shapes[0][2] if bottom == 1 else None

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        p = self.param.ctc_loss_param
        log = x.reshape(*x.shape[:3]).log_softmax(2)
        numbers = self.indices(labels, log.shape[2]).reshape(x.shape[1], -1)
        target = kept(numbers, numbers != p.blank_label)
        steps = torch.full_like(target.lengths, p.time_step)
        cost = costs(log, steps, target, p.blank_label)
        cost = torch.where(cost.isinf(), 0, cost)
        return with_gradient_of(cost.sum() / max(1, len(cost)), cost.sum() * self.clock.processes)
