"""Newton: Newton's method with the whole Hessian and a line search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from layerzoo.errors import Fault
from layerzoo.optimizer.descent import Searching
from layerzoo.optimizer.full_batch import matrix_faults
from layerzoo.optimizer.line_search import Point
from layerzoo.optimizer.objective import Objective
from layerzoo.optimizer.rule import Moving, register
from layerzoo.schema import SolverParameter

_LEAST = 1e-3
"""The least diagonal that an indefinite Hessian is given, as a fraction of its largest one."""
_MOST_ATTEMPTS = 60


@register
class Newton(Searching):
    """Steps along ``-(H + t D)^-1 g``; H is the Hessian, D the diagonal of ``1 / lr_mult``.

    t is ``newton_param.damping``, and where H + t D is not positive definite as much more as makes it so
    (Levenberg 1944). History: the gradient at the current params; and three numbers: whether value and loss
    there are known, value, loss. Source: Nocedal and Wright 2006, "Numerical Optimization", algorithms 3.2
    and 3.3.
    """

    second_order = "Hessian"

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the rule reads; each fault names its field."""
        faults = super().faults(solver)
        if not solver.newton_param.damping >= 0:
            message = f"newton_param.damping is {solver.newton_param.damping:g}; it has to be 0 or more"
            faults.append(Fault(message, field="newton_param.damping"))
        return faults

    @classmethod
    def net_faults(cls, solver: SolverParameter, moving: Sequence[Moving]) -> list[Fault]:
        """A fault if the Hessian would be too large."""
        most = solver.newton_param.max_params
        return matrix_faults(cls, moving, most, "newton_param.max_params", "NewtonCG")

    def directions(self, here: Point, lr: float, closure: Objective) -> Iterator[tuple[Tensor, float]]:
        """Newton's direction, then the negative gradient."""
        hessian = closure.curvature(self._tensors, "Hessian").matrix()
        hessian += torch.diag(self._decay)
        direction = -solve_positive(
            hessian, here.gradient, 1 / self._metric, self.solver.newton_param.damping
        )
        if bool(torch.isfinite(direction).all()):
            yield direction, lr
        yield self.steepest(here.gradient, lr)


def solve_positive(matrix: Tensor, right: Tensor, scale: Tensor, damping: float) -> Tensor:
    """Solve ``(matrix + t * diag(scale)) x = right`` with the first t that makes that positive definite.

    Args:
        matrix: a symmetric matrix.
        right: the right side.
        scale: positive.
        damping: the first t; then a small one, which doubles.

    Returns:
        x; NaN if no t was found, as with numbers that are not finite.
    """
    diagonal = matrix.diagonal() / scale
    least = float(diagonal.min()) if len(right) else 1.0
    size = max(float(diagonal.abs().max()), 1e-30) if len(right) else 1.0
    shift = damping if least + damping > 0 else _LEAST * size - least
    for _ in range(_MOST_ATTEMPTS):
        factor, failed = torch.linalg.cholesky_ex(matrix + torch.diag(shift * scale))
        if not failed and bool(torch.isfinite(factor).all()):
            return torch.cholesky_solve(right.unsqueeze(1), factor).squeeze(1)
        shift = max(2 * shift, _LEAST * size)
    return torch.full_like(right, torch.nan)
