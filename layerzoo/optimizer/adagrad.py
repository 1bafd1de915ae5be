"""AdaGrad: steps divided by the root of the sum of all squared gradients so far."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.optimizer.rule import UpdateParam, register
from layerzoo.optimizer.update_rule import Group, Step, UpdateRule, descend, scaled_and_decayed
from layerzoo.schema import SolverParameter


@register
class AdaGrad(UpdateRule):
    """``h = h + g^2``, ``w = w - lr * g / (sqrt(h) + delta)``. History: h.

    Source: Caffe's ``AdaGradSolver``; Duchi, Hazan and Singer 2011, "Adaptive subgradient methods for online
    learning and stochastic optimization".
    """

    has_momentum = False
    takes_rows = True

    def __init__(self, solver: SolverParameter, params: Sequence[UpdateParam], seed: int = 0) -> None:
        device = params[0].param.device.type if params else "cpu"
        # Older versions of torch have this kernel only for the CPU; params on "meta" are only measured.
        self.fused = device != "meta" and torch._C._dispatch_has_kernel_for_dispatch_key(
            "aten::_fused_adagrad_", device.upper()
        )
        super().__init__(solver, params, seed)
        self._count = torch.ones((), device=self.device)

    def update(self, group: Group, gradients: list[Tensor], step: Step) -> None:
        """Update the params of a group."""
        (squares,), delta = group.slots, self.solver.delta
        if self.fused and isinstance(step.rate, Tensor):
            step = scaled_and_decayed(group, gradients, step)  # the kernel takes the rate as a number
        elif self.fused:
            torch._fused_adagrad_(
                group.params,
                gradients,
                squares,
                [self._count] * len(squares),
                lr=step.rate,
                lr_decay=0.0,
                weight_decay=step.decay,
                eps=delta,
                maximize=False,
                grad_scale=None if step.is_scaled else group.reciprocal(step.scale),
                found_inf=None,
            )
            return
        torch._foreach_addcmul_(squares, gradients, gradients)
        divisors = torch._foreach_sqrt(squares)
        torch._foreach_add_(divisors, delta)
        descend(group.params, gradients, step.rate, divisors)
