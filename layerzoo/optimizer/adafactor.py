"""Adafactor: steps scaled by mean squares that are kept by rows and columns."""

from __future__ import annotations

from collections.abc import Hashable

import torch
from torch import Tensor

from layerzoo.errors import Fault
from layerzoo.optimizer.rule import UpdateParam, register
from layerzoo.optimizer.update_rule import Group, Step, UpdateRule, descend
from layerzoo.schema import SolverParameter

_ROWS, _COLUMNS, _SQUARES, _MEANS = range(4)


@register
class Adafactor(UpdateRule):
    """``w = w - a * u``; ``u = g / sqrt(v)``, scaled down to a root mean square of ``clip_threshold``.

    ``a = min(lr, t^-1/2) * max(rms(w), least_scale)``, t counts updates from 1. ``v = b v + (1 - b) g^2``,
    ``1 - b = t^-decay_rate``; for a matrix ``v = r c' / mean(r)`` with such means r and c of its rows and
    columns. With ``momentum`` the step is its mean. A param of two axes or more is a matrix of its first one
    by all others. Weight decay is AdamW's. History: r of all params, c of all, v of all and the means of all,
    each empty where it isn't kept. Source: Shazeer and Stern 2018, "Adafactor: Adaptive learning rates with
    sublinear memory cost", arXiv 1804.04235.
    """

    slots = 4
    own_decay = True

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the rule reads; each fault names its field."""
        faults, param = super().faults(solver), solver.adafactor_param
        if not 0 <= solver.momentum < 1:
            message = f"momentum is {solver.momentum:g}; Adafactor needs it at least 0 and below 1"
            faults.append(Fault(message, field="momentum"))
        for name in ("decay_rate", "clip_threshold", "least_scale"):
            value = getattr(param, name)
            if not value > 0:
                message = f"adafactor_param.{name} is {value:g}; it has to be above 0"
                faults.append(Fault(message, field=f"adafactor_param.{name}"))
        return faults

    def kind(self, param: UpdateParam) -> Hashable:
        """Whether a param is a matrix."""
        return param.param.dim() > 1

    def slot(self, number: int, param: UpdateParam) -> Tensor:
        """Zeros for what is kept of a param, else nothing."""
        like = param.param.detach()
        if number == _MEANS:
            return torch.zeros_like(like) if self.solver.momentum else like.new_zeros(0)
        if not self.kind(param):
            return torch.zeros_like(like) if number == _SQUARES else like.new_zeros(0)
        shapes = {_ROWS: (like.shape[0], 1), _COLUMNS: (1, like[0].numel()), _SQUARES: (0,)}
        return like.new_zeros(shapes[number])

    def update(self, group: Group, gradients: list[Tensor], step: Step) -> None:
        """Update the params of a group."""
        param, params = self.solver.adafactor_param, group.params
        least = torch.finfo(params[0].dtype).eps
        # the weight of new squares; a tensor in a recorded step
        share = (step.iteration + 1) ** -param.decay_rate
        updates = (self._of_matrices if group.kind else self._of_vectors)(group, gradients, share, least)
        excesses = _root_mean_squares(updates)
        torch._foreach_div_(excesses, param.clip_threshold)
        torch._foreach_clamp_min_(excesses, 1.0)
        scales = _root_mean_squares(params) if param.scale_by_param else []
        if step.decay:
            torch._foreach_mul_(params, 1 - step.rate * step.decay)
        torch._foreach_div_(updates, excesses)
        steps = updates
        if self.solver.momentum:
            means = group.slots[_MEANS]
            torch._foreach_lerp_(means, updates, 1 - self.solver.momentum)
            steps = [mean.clone() for mean in means]
        if scales:
            torch._foreach_clamp_min_(scales, param.least_scale)
            torch._foreach_mul_(steps, scales)
        descend(params, steps, self._rate(group, step))

    def _rate(self, group: Group, step: Step) -> float | Tensor:
        if not self.solver.adafactor_param.relative_step:
            return step.rate
        most = group.lr_mult * (step.iteration + 1) ** -0.5
        if isinstance(step.rate, Tensor) and isinstance(most, Tensor):
            return torch.minimum(step.rate, most.to(step.rate.dtype))
        return min(step.rate, most)

    @staticmethod
    def _of_vectors(
        group: Group, gradients: list[Tensor], share: float | Tensor, least: float
    ) -> list[Tensor]:
        squares = group.slots[_SQUARES]
        _blend(squares, torch._foreach_mul(gradients, gradients), share)
        roots = torch._foreach_clamp_min(squares, least * least)
        torch._foreach_sqrt_(roots)
        return list(torch._foreach_div(gradients, roots))

    @staticmethod
    def _of_matrices(
        group: Group, gradients: list[Tensor], share: float | Tensor, least: float
    ) -> list[Tensor]:
        rows, columns, *_ = group.slots
        squares = [gradient.flatten(1).square() for gradient in gradients]
        _blend(rows, [square.mean(1, keepdim=True) for square in squares], share)
        _blend(columns, [square.mean(0, keepdim=True) for square in squares], share)
        updates = []
        for gradient, row, column in zip(gradients, rows, columns, strict=True):
            estimate = (row / row.mean().clamp(min=least)) * column
            root = estimate.clamp_(min=least * least).sqrt_()
            updates.append(gradient / root.view(gradient.shape))
        return updates


def _root_mean_squares(tensors: list[Tensor]) -> list[Tensor]:
    roots = list(torch._foreach_norm(tensors))
    torch._foreach_div_(roots, [max(1, tensor.numel()) ** 0.5 for tensor in tensors])
    return roots


def _blend(means: list[Tensor], new: list[Tensor] | tuple[Tensor, ...], share: float | Tensor) -> None:
    """``means = (1 - share) * means + share * new``; ``new`` is overwritten."""
    if not isinstance(share, Tensor):
        torch._foreach_lerp_(means, list(new), share)
        return
    share = share.to(means[0].dtype)
    torch._foreach_mul_(means, 1 - share)
    torch._foreach_mul_(new, share)
    torch._foreach_add_(means, list(new))
