"""NewtonCG: the truncated Newton method."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, sqrt

from torch import Tensor

from layerzoo.errors import Fault
from layerzoo.optimizer.conjugate_gradients import Minimum, Product, minimise_model, model_faults
from layerzoo.optimizer.descent import Searching
from layerzoo.optimizer.line_search import Point
from layerzoo.optimizer.objective import Objective
from layerzoo.optimizer.rule import register
from layerzoo.schema import NewtonCGParameter, SolverParameter

_RADIUS = 3
"""Index into the numbers."""
_ACCEPTED, _POOR, _GOOD = 1e-4, 0.25, 0.75
"""Decrease of the value as a fraction of the model's, from which a step counts so."""
_SHRINK, _GROW = 0.25, 2.0
_MOST_ATTEMPTS = 30


@register
class NewtonCG(Searching):
    """Steps that minimise a quadratic model of the loss by conjugate gradients, as far as it is worth it.

    History: the gradient at the current params; and four numbers: whether value and loss there are known,
    value, loss, radius of the trust region. Source: Nocedal and Wright 2006, "Numerical Optimization",
    algorithms 4.1, 7.1 and 7.2; Steihaug 1983, "The conjugate gradient method and trust regions in large
    scale optimization".
    """

    second_order = "Hessian"
    own_numbers = 1

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the rule reads; each fault names its field."""
        faults, param = super().faults(solver), solver.newton_cg_param
        faults += model_faults("newton_cg_param", param.tolerance, param.max_products)
        if not 0 < param.radius <= param.max_radius:
            message = (
                f"newton_cg_param.radius is {param.radius:g}; it has to be above 0 and at most max_radius, "
                f"{param.max_radius:g}"
            )
            faults.append(Fault(message, field="newton_cg_param.radius"))
        return faults

    @classmethod
    def searches(cls, solver: SolverParameter) -> bool:
        """Whether it reads ``line_search_param``."""
        return solver.newton_cg_param.method == NewtonCGParameter.LINE_SEARCH

    def step(self, lr: float, iteration: int, closure: Objective) -> float:
        """Make one update and return the loss before it."""
        if self.searches(self.solver):
            return super().step(lr, iteration, closure)
        here, origin = self.here(closure), self.parameters()
        radius = float(self.numbers[_RADIUS]) or self.solver.newton_cg_param.radius
        self.stuck = True
        for _ in range(_MOST_ATTEMPTS):
            low = self._minimum(self.products(closure), here.gradient, radius * lr)
            if not low.decrease > 0:
                break
            at = self.within(origin, here.gradient, origin + low.step)
            value, loss, gradient = self.measure(closure, at)
            ratio = (here.value - value) / low.decrease
            if not ratio >= _POOR:
                radius = _SHRINK * low.length / lr
            elif ratio > _GOOD and low.at_edge:
                radius = min(_GROW * radius, self.solver.newton_cg_param.max_radius)
            if ratio > _ACCEPTED and value < here.value:
                self.stuck = False
                self.arrive(Point(1.0, value, 0.0, gradient, loss))
                break
            self.move_to(origin)
        self.numbers[_RADIUS] = radius
        return here.loss

    def directions(self, here: Point, lr: float, closure: Objective) -> Iterator[tuple[Tensor, float]]:
        """The truncated Newton direction, then the negative gradient."""
        yield self._minimum(self.products(closure), here.gradient, inf).step, lr
        yield self.steepest(here.gradient, lr)

    def _minimum(self, product: Product, gradient: Tensor, radius: float) -> Minimum:
        param = self.solver.newton_cg_param
        tolerance = min(param.tolerance, sqrt(float(gradient.norm())))
        return minimise_model(product, gradient, self._metric, tolerance, param.max_products, radius)
