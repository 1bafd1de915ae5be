"""Muon: orthogonalised momentum for matrices, AdamW for other params."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import sqrt

import torch
from torch import Tensor

from layerzoo.errors import Fault
from layerzoo.optimizer.adam import corrections
from layerzoo.optimizer.freeze import is_frozen, layer_names, pattern_faults
from layerzoo.optimizer.rule import Moving, UpdateParam, register
from layerzoo.optimizer.update_rule import Group, Step, UpdateRule, descend
from layerzoo.schema import MuonParameter, SolverParameter

_COEFFICIENTS = (3.4445, -4.775, 2.0315)
"""Of the polynomial that each step of Newton and Schulz's iteration applies to the singular values."""
_LEAST_NORM = 1e-7
_MOST_STEPS = 99
_MATRIX, _OTHER = "matrix", "AdamW"


@register
class Muon(UpdateRule):
    """``w = (1 - lr * decay) * w - lr * s * O(u)``; ``m = b * m + (1 - b) * g``, ``u = b * m + (1 - b) * g``.

    b is ``momentum`` (0.95 in the paper). O gives the matrix u singular values of about 1, s is
    ``muon_param.scale``. A param is a matrix if it has two axes or more, its first one and all others
    together with a length above 1, and isn't a table or named by ``muon_param.adamw``; others follow AdamW.
    History: m of all params, then AdamW's v of all, empty for a matrix. Source: Jordan et al. 2024, "Muon: An
    optimizer for hidden layers in neural networks"; Liu et al. 2025, "Muon is scalable for LLM training",
    arXiv 2502.16982.
    """

    slots = 2
    own_decay = True

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the rule reads; each fault names its field."""
        faults, param = super().faults(solver), solver.muon_param
        decays = {
            "momentum": solver.momentum,
            "momentum2": solver.momentum2,
            "muon_param.adamw_momentum": param.adamw_momentum,
        }
        for field, value in decays.items():
            if not 0 <= value < 1:
                message = f"{field} is {value:g}; Muon needs it at least 0 and below 1"
                faults.append(Fault(message, field=field))
        if not param.adamw_lr_mult >= 0:
            message = f"muon_param.adamw_lr_mult is {param.adamw_lr_mult:g}; it has to be 0 or more"
            faults.append(Fault(message, field="muon_param.adamw_lr_mult"))
        if not 1 <= param.steps <= _MOST_STEPS:
            message = f"muon_param.steps is {param.steps}; it has to be 1 to {_MOST_STEPS}"
            faults.append(Fault(message, field="muon_param.steps"))
        return faults

    @classmethod
    def net_faults(cls, solver: SolverParameter, moving: Sequence[Moving]) -> list[Fault]:
        """A fault for each pattern that matches no layer whose params train."""
        names = [name for each in moving for name in each.names]
        return pattern_faults(
            "muon_param.adamw", solver.muon_param.adamw, names, "name layers without wildcards"
        )

    def kind(self, param: UpdateParam) -> Hashable:
        """Whether a param is a matrix or follows AdamW."""
        shape = param.param.shape
        if len(shape) < 2 or param.table or min(shape[0], param.param.numel() // max(1, shape[0])) < 2:
            return _OTHER
        return _OTHER if is_frozen(self.solver.muon_param.adamw, layer_names(param)) else _MATRIX

    def slot(self, number: int, param: UpdateParam) -> Tensor:
        """Zeros, and nothing for the squares of a matrix."""
        if number == 1 and self.kind(param) == _MATRIX:
            return torch.zeros(0, dtype=param.param.dtype, device=param.param.device)
        return super().slot(number, param)

    def update(self, group: Group, gradients: list[Tensor], step: Step) -> None:
        """Update the params of a group."""
        if group.kind == _MATRIX:
            self._turn(group, gradients, step)
        else:
            self._adamw(
                group, gradients, step._replace(rate=step.rate * self.solver.muon_param.adamw_lr_mult)
            )

    def _turn(self, group: Group, gradients: list[Tensor], step: Step) -> None:
        means, param, momentum = group.slots[0], self.solver.muon_param, self.solver.momentum
        torch._foreach_lerp_(means, gradients, 1 - momentum)
        if param.nesterov:
            torch._foreach_lerp_(gradients, means, momentum)
        updates = gradients if param.nesterov else means
        dtype = torch.float32 if param.single_precision else torch.bfloat16
        alike: dict[tuple[int, int], list[int]] = {}
        for place, update in enumerate(updates):
            alike.setdefault((update.shape[0], update.numel() // update.shape[0]), []).append(place)
        steps: list[Tensor] = list(updates)
        for (rows, columns), places in alike.items():
            stack = torch.stack([updates[place].reshape(rows, columns) for place in places])
            turned = orthogonalise(stack, param.steps, dtype)
            turned *= _scale(param.scale, rows, columns)
            for place, one in zip(places, turned, strict=True):
                steps[place] = one.view(updates[place].shape)
        if step.decay:
            torch._foreach_mul_(group.params, 1 - step.rate * step.decay)
        descend(group.params, steps, step.rate)

    def _adamw(self, group: Group, gradients: list[Tensor], step: Step) -> None:
        (means, squares), b2 = group.slots, self.solver.momentum2
        b1 = self.solver.muon_param.adamw_momentum
        torch._foreach_lerp_(means, gradients, 1 - b1)
        torch._foreach_mul_(squares, b2)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - b2)
        of_means, of_squares = corrections(step.iteration, b1, b2)
        divisors = torch._foreach_sqrt(squares)
        torch._foreach_div_(divisors, of_squares)
        torch._foreach_add_(divisors, self.solver.delta)
        steps = torch._foreach_div(means, divisors)
        torch._foreach_div_(steps, of_means)
        if step.decay:
            torch._foreach_mul_(group.params, 1 - step.rate * step.decay)
        descend(group.params, steps, step.rate)


def orthogonalise(matrices: Tensor, steps: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Give matrices singular values of about 1, between 0.7 and 1.2 after five steps; their vectors stay.

    Args:
        matrices: shape (count, rows, columns).
        steps: steps of Newton and Schulz's iteration.
        dtype: in which to compute.

    Returns:
        the matrices, in the dtype of those given.
    """
    a, b, c = _COEFFICIENTS
    norms = torch.linalg.matrix_norm(matrices, keepdim=True).clamp_(min=_LEAST_NORM)
    x = (matrices / norms).to(dtype)
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT
    for _ in range(steps):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    turned: Tensor = (x.mT if tall else x).to(matrices.dtype)
    return turned.contiguous()


def _scale(scale: int, rows: int, columns: int) -> float:
    if scale == MuonParameter.ORIGINAL:
        return sqrt(max(1.0, rows / columns))
    return 0.2 * sqrt(max(rows, columns))
