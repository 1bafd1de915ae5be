"""CTCLoss: cost of sequences of labels."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.ctc import (
    Sequences,
    before_first,
    check_blank,
    costs,
    kept,
    steps_until,
)
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.sequence_axes import sequence_axes
from layerzoo.functional.surrogate import with_gradient_of
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter


@register
class CTCLoss(LabelCheck, Layer):
    """Mean cost of sequences: ``-log`` of the probability of their labels by softmax, over all alignments.

    Two forks have it. With ``ctc_param``, and with two bottoms, scores may have their axes in any order
    (``nct_axis``), a sequence of labels ends at the first negative one, one of scores after the last
    indicator that isn't 0, and the gradient is divided by the number of steps. Else a sequence of labels ends
    at the first negative one or number C - 1, one of scores at the first indicator of 0 after the first step,
    and the gradient is that of the sum over sequences, whatever the loss weight is.

    Shapes: bottoms (N, C, T) or as ``nct_axis`` says, and (N, L) labels; or (T, N, C), (T, N) indicators and
    (L, N) labels; top (). Source: ``ctc_loss_layer`` of ChWick/caffe and of forks with ``ctc_param``; Graves,
    Fernández, Gomez and Schmidhuber 2006.
    """

    family = "loss"
    messages = ("ctc_loss_param", "ctc_param")
    ignores = {  # noqa: RUF012
        "ctc_loss_param.loss_calculation_t": "the loss is the same at each step",
        "ctc_loss_param.alphabet_size": "CtcLoss reads it",
        "ctc_loss_param.time_step": "CtcLoss reads it",
        "ctc_loss_param.blank_label": "CtcLoss reads it",
        "ctc_param.decode": "CTCDecoder reads it",
        "ctc_param.beam_width": "CTCDecoder reads it",
    }
    bottoms = between(2, 3)
    is_loss = True
    without_gradient = (1, 2)
    stays_fp32 = True

    @property
    def divides_by_first_axis(self) -> bool:
        return False  # that of sequences is the second one

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        if _in_any_order(param):
            return "divided by the number of steps instead of sequences"
        return "that of the sum over sequences, whatever the loss weight is"

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.in_any_order = _in_any_order(param)
        if bottom_shapes:
            self.axes = sequence_axes(param.ctc_param, bottom_shapes[0], len(bottom_shapes) > 2)
            self.blank = _blank(param, bottom_shapes[0][self.axes[1]])

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if param.HasField("ctc_param") and param.HasField("ctc_loss_param"):
            raise LayerFault("ctc_param and ctc_loss_param are of two forks; give one", field="ctc_param")
        items, classes, time = sequence_axes(param.ctc_param, bottoms[0], len(bottoms) > 2)
        count, labels, steps = bottoms[0][items], bottoms[0][classes], bottoms[0][time]
        _blank(param, labels)
        given = bottoms[-1]
        if len(given) < 2 or prod(given[2:]) != 1 or given[1 if items else 0] != count:
            order = "(L, N)" if items else "(N, L)"
            message = f"labels of shape {given} for {count} sequences; expected {order}"
            raise LayerFault(message, bottom=len(bottoms) - 1)
        if len(bottoms) > 2 and bottoms[1][:2] != (steps, count):
            raise LayerFault(f"indicators of shape {bottoms[1]}; expected {(steps, count)}", bottom=1)
        if not 0 <= param.ctc_loss_param.output_delay < max(1, steps):
            message = f"output_delay {param.ctc_loss_param.output_delay} for {steps} steps"
            raise LayerFault(message, field="ctc_loss_param.output_delay")
        return [()]

    def forward(self, x: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        items, classes, time = self.axes
        scores = x.permute(time, items, classes, *sorted({*range(x.ndim)} - {time, items, classes}))
        scores = scores.reshape(*scores.shape[:3])
        labels = others[-1].detach().reshape(*others[-1].shape[:2])
        labels = labels.T if items else labels
        if self.in_any_order:
            return self._in_any_order(scores, others[0] if len(others) > 1 else None, labels, self.blank)
        return self._in_order_of_time(scores, others[0], labels, self.blank)

    def _in_any_order(
        self, scores: torch.Tensor, indicators: torch.Tensor | None, labels: torch.Tensor, blank: int
    ) -> torch.Tensor:
        p = self.param.ctc_param
        log = scores.clamp(min=1e-30).log() if p.already_softmax else scores.log_softmax(2)
        target = self._target(labels, before_first(labels < 0), scores.shape[2])
        steps = torch.full_like(target.lengths, scores.shape[0])
        if indicators is not None:
            going = indicators.detach().reshape(*indicators.shape[:2]).T != 0
            steps = (going * torch.arange(1, scores.shape[0] + 1, device=going.device)).amax(1).clamp(min=1)
        cost = costs(log, steps, target, blank, of_softmax=not p.already_softmax)
        possible = torch.where(cost.isinf(), 0, cost).sum()
        share = self.clock.shared_count
        divisor = steps.sum().clamp(min=1) if share is None else share(steps.sum())
        return with_gradient_of(cost.sum() / max(1, len(cost)), possible / divisor)

    def _in_order_of_time(
        self, scores: torch.Tensor, indicators: torch.Tensor, labels: torch.Tensor, blank: int
    ) -> torch.Tensor:
        p = self.param.ctc_loss_param
        rounded = (labels + 0.5).long()
        keep = before_first((labels < 0) | (rounded >= scores.shape[2] - 1))
        if p.preprocess_collapse_repeated:
            keep = keep & torch.cat([keep[:, :1], labels[:, 1:] != labels[:, :-1]], 1)
        target = self._target(labels, keep, scores.shape[2])
        steps = steps_until(indicators.reshape(*indicators.shape[:2])) - p.output_delay
        log = scores.log_softmax(2)[p.output_delay :]
        cost = costs(log, steps.clamp(min=0), target, blank, p.ctc_merge_repeated)
        possible = torch.where(cost.isinf(), 0, cost).sum()
        return with_gradient_of(
            cost.sum() / max(1, len(cost)), possible * self.clock.processes / (self.given_loss_weight or 1.0)
        )

    def _target(self, labels: torch.Tensor, keep: torch.Tensor, classes: int) -> Sequences:
        numbers = self.indices(torch.where(keep, labels + 0.5, 0), classes)
        return kept(numbers, keep)


def _in_any_order(param: LayerParameter) -> bool:
    """Whether it is the layer of the forks with ``ctc_param``."""
    return param.HasField("ctc_param") or len(param.bottom) == 2


def _blank(param: LayerParameter, labels: int) -> int:
    if param.HasField("ctc_loss_param") or not _in_any_order(param):
        return check_blank(param.ctc_loss_param.blank_index, labels, "ctc_loss_param.blank_index")
    blank = param.ctc_param.blank_index
    return check_blank(blank + labels if -labels <= blank < 0 else blank, labels, "ctc_param.blank_index")
