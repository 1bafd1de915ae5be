"""LAMB: Adam's direction with step lengths proportional to each param's norm."""

from __future__ import annotations

import torch
from torch import Tensor

from layerzoo.optimizer.adam import Moments, corrections
from layerzoo.optimizer.rule import register
from layerzoo.optimizer.update_rule import Group, Step, descend


@register
class LAMB(Moments):
    """``w = w - lr * |w| / |r| * r``, ``r = m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + delta) + decay * w``.

    m, v, b1, b2 and t as in Adam; ``|w| / |r|`` is 1 if one of them is 0. History: m of all params, then v of
    all. Source: You et al. 2020, "Large batch optimization for deep learning", arXiv 1904.00962.
    """

    own_decay = True
    takes_rows = True

    def update(self, group: Group, gradients: list[Tensor], step: Step) -> None:
        """Update the params of a group."""
        (means, squares), b1, b2 = group.slots, self.solver.momentum, self.solver.momentum2
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
            torch._foreach_add_(steps, group.params, alpha=step.decay)
        param_norms, step_norms = (self.norms(list(of)) for of in (group.params, steps))
        ratios = torch.where((param_norms > 0) & (step_norms > 0), param_norms / step_norms, 1.0)
        torch._foreach_mul_(steps, list(ratios.unbind()))
        descend(group.params, steps, step.rate)
