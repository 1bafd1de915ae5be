"""GaussNewton: the Gauss-Newton method with Levenberg's and Marquardt's damping."""

from __future__ import annotations

import torch
from torch import Tensor

from layerzoo.errors import Fault
from layerzoo.optimizer.conjugate_gradients import minimise_model, model_faults
from layerzoo.optimizer.descent import Descent
from layerzoo.optimizer.line_search import Point
from layerzoo.optimizer.objective import Objective
from layerzoo.optimizer.rule import register
from layerzoo.schema import SolverParameter

_DAMPING, _STEPS = 3, 4
"""Indices into the numbers."""
_ACCEPTED, _POOR, _GOOD = 1e-4, 0.25, 0.75
"""Decrease of the value as a fraction of the model's, from which a step counts so."""
_LOWER, _RAISE = 1 / 3, 4.0
_LEAST = 1e-8
"""The least damping above 0."""


@register
class GaussNewton(Descent):
    """Steps ``-(G + t D)^-1 g``; ``G = J' L J``, D is the diagonal of ``1 / lr_mult``.

    J is the derivative of the losses' bottoms by the params, L the second derivative of the losses by their
    bottoms. t, the damping, follows how well the quadratic model predicts the loss. The equations are solved
    by conjugate gradients. History: the gradient at the current params; and five numbers: whether value and
    loss there are known, value, loss, damping, number of steps. Source: Marquardt 1963, "An algorithm for
    least-squares estimation of nonlinear parameters"; Schraudolph 2002, "Fast curvature matrix-vector
    products for second-order gradient descent".
    """

    second_order = "Gauss-Newton"
    own_numbers = 2

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the rule reads; each fault names its field."""
        faults, param = super().faults(solver), solver.gauss_newton_param
        faults += model_faults("gauss_newton_param", param.tolerance, param.max_products)
        if not param.damping >= 0:
            message = f"gauss_newton_param.damping is {param.damping:g}; it has to be 0 or more"
            faults.append(Fault(message, field="gauss_newton_param.damping"))
        if param.max_attempts < 1:
            message = "gauss_newton_param.max_attempts is 0; it has to be 1 or more"
            faults.append(Fault(message, field="gauss_newton_param.max_attempts"))
        return faults

    @classmethod
    def searches(cls, solver: SolverParameter) -> bool:
        """Whether it reads ``line_search_param``."""
        return False

    def step(self, lr: float, iteration: int, closure: Objective) -> float:
        """Make one update and return the loss before it."""
        here, origin, param = self.here(closure), self.parameters(), self.solver.gauss_newton_param
        damping = float(self.numbers[_DAMPING]) if self.numbers[_STEPS] else param.damping
        self.stuck = True
        for _ in range(param.max_attempts):
            step, predicted = self._step(closure, here.gradient, damping / lr if lr else torch.inf)
            if not predicted > 0:
                break
            at = self.within(origin, here.gradient, origin + step)
            value, loss, gradient = self.measure(closure, at)
            ratio = (here.value - value) / predicted
            if not ratio >= _POOR:
                damping = max(_RAISE * damping, _LEAST)
            elif ratio > _GOOD:
                damping = _LOWER * damping if damping > _LEAST else damping
            if ratio > _ACCEPTED and value < here.value:
                self.stuck = False
                self.arrive(Point(1.0, value, 0.0, gradient, loss))
                break
            self.move_to(origin)
        self.numbers[_DAMPING] = damping
        self.numbers[_STEPS] += 1
        return here.loss

    def _step(self, closure: Objective, gradient: Tensor, damping: float) -> tuple[Tensor, float]:
        """The step of a damping, and by how much the model without damping falls."""
        param, product = self.solver.gauss_newton_param, self.products(closure)
        diagonal = damping / self._metric
        low = minimise_model(
            lambda vector: product(vector) + diagonal * vector,
            gradient,
            self._metric,
            param.tolerance,
            param.max_products,
        )
        return low.step, low.decrease + float((low.step * diagonal).dot(low.step)) / 2
