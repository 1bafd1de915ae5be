"""Adam: steps computed from running means of the gradient and of its square."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from layerzoo.optimizer.rule import UpdateParam, register
from layerzoo.optimizer.update_rule import Group, Step, UpdateRule, descend, scaled_and_decayed
from layerzoo.schema import SolverParameter


class Moments(UpdateRule):
    """Base of rules with running means m of the gradient and v of its square.

    History: m of all params, then v of all.
    """

    slots = 2
    running_means = ("momentum", "momentum2")

    def __init__(self, solver: SolverParameter, params: Sequence[UpdateParam], seed: int = 0) -> None:
        super().__init__(solver, params, seed)
        self._count = torch.ones((), device=self.device)

    def run(
        self, kernel: Callable[..., None], group: Group, gradients: list[Tensor], step: Step, delta: float
    ) -> None:
        """Update the params of a group with a fused kernel; it counts updates from 1 and adds ``delta``."""
        means, squares = group.slots
        self._count.fill_(step.iteration + 1)
        kernel(
            group.params,
            gradients,
            means,
            squares,
            [],
            [self._count] * len(group.params),
            lr=step.rate,
            beta1=self.solver.momentum,
            beta2=self.solver.momentum2,
            weight_decay=step.decay,
            eps=delta,
            amsgrad=False,
            maximize=False,
            grad_scale=None if step.is_scaled else group.reciprocal(step.scale),
            found_inf=None,
        )


def corrections(iteration: int | Tensor, b1: float, b2: float) -> tuple[float, float] | tuple[Tensor, Tensor]:
    """What the means of gradients and the roots of those of squares are divided by, as they begin at 0."""
    if not isinstance(iteration, Tensor):
        return 1 - b1 ** (iteration + 1), (1 - b2 ** (iteration + 1)) ** 0.5
    of_means, of_squares = (1 - torch.pow(b, iteration + 1) for b in (b1, b2))
    return of_means.float(), of_squares.sqrt().float()


@register
class Adam(Moments):
    """``w = w - lr * sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + delta)``, t counts updates from 1.

    ``m = b1 * m + (1 - b1) * g``, ``v = b2 * v + (1 - b2) * g^2``; b1 is ``momentum``, b2 ``momentum2``.
    History: m of all params, then v of all. Source: Caffe's ``AdamSolver``; Kingma and Ba 2015,
    arXiv 1412.6980.
    """

    fused = True
    takes_rows = True

    def update(self, group: Group, gradients: list[Tensor], step: Step) -> None:
        """Update the params of a group."""
        b1, b2 = self.solver.momentum, self.solver.momentum2
        of_means, of_squares = corrections(step.iteration, b1, b2)
        # Caffe adds delta before the bias correction, torch adds eps after it.
        if not isinstance(of_squares, Tensor):
            self.run(torch._fused_adam_, group, gradients, step, self.solver.delta / of_squares)
            return
        step = scaled_and_decayed(group, gradients, step)  # the kernel takes delta as a number
        means, squares = group.slots
        torch._foreach_lerp_(means, gradients, 1 - b1)
        torch._foreach_mul_(squares, b2)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - b2)
        divisors = torch._foreach_sqrt(squares)
        torch._foreach_add_(divisors, self.solver.delta)
        steps = torch._foreach_div(means, divisors)
        descend(group.params, steps, step.rate * (of_squares / of_means))
