"""SimulatedAnnealing: steps at random, accepted by Metropolis' rule."""

from __future__ import annotations

from math import exp, isfinite

import torch
from torch import Tensor

from layerzoo.errors import Fault
from layerzoo.optimizer.descent import Descent
from layerzoo.optimizer.line_search import Point
from layerzoo.optimizer.objective import Objective
from layerzoo.optimizer.rule import register
from layerzoo.schema import AnnealingParameter, SolverParameter
from layerzoo.seeds import stable_seed

_ACCEPTED = 3
"""Index into the numbers."""


@register
class SimulatedAnnealing(Descent):
    """Accepts a step if the value falls, else with a probability of ``exp(-increase / temperature)``.

    What is random is a function of seed and iteration, the same in all processes. History: the gradient at
    the current params; and four numbers: whether value and loss there are known, value, loss, number of steps
    that were accepted. Source: Metropolis et al. 1953, "Equation of state calculations by fast computing
    machines"; Kirkpatrick, Gelatt and Vecchi 1983, "Optimization by simulated annealing".
    """

    own_numbers = 1

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the rule reads; each fault names its field."""
        faults, param = super().faults(solver), solver.annealing_param
        for name in ("temperature", "deviation"):
            value = getattr(param, name)
            if not (value >= 0 and isfinite(value)):
                message = f"annealing_param.{name} is {value:g}; it has to be 0 or more"
                faults.append(Fault(message, field=f"annealing_param.{name}"))
        for name in ("cooling", "narrowing"):
            value = getattr(param, name)
            if not 0 < value <= 1:
                message = f"annealing_param.{name} is {value:g}; it has to be above 0 and at most 1"
                faults.append(Fault(message, field=f"annealing_param.{name}"))
        return faults

    @classmethod
    def searches(cls, solver: SolverParameter) -> bool:
        """Whether it reads ``line_search_param``."""
        return False

    @property
    def accepted(self) -> int:
        """The number of steps that were accepted."""
        return int(self.numbers[_ACCEPTED])

    def step(self, lr: float, iteration: int, closure: Objective) -> float:
        """Propose a step, and make it if it is accepted; returns the loss before it."""
        param = self.solver.annealing_param
        here, origin = self._here(closure), self.parameters()
        generator = torch.Generator().manual_seed(stable_seed(self.seed, "annealing", iteration))
        drawn = torch.randn(len(origin), generator=generator, dtype=torch.float64)
        chance = float(torch.rand((), generator=generator, dtype=torch.float64))
        deviation = param.deviation * param.narrowing**iteration
        step = self._metric * (deviation * drawn).to(origin)
        if self._descends:
            step -= lr * self.precondition(here.gradient)
        there = self._at(closure, origin + step)
        rise, temperature = there.value - here.value, param.temperature * param.cooling**iteration
        if rise <= 0 or (temperature > 0 and chance < exp(-rise / temperature)):  # not NaN
            self.arrive(there)
            self.numbers[_ACCEPTED] += 1
        else:
            self.move_to(origin)
        return here.loss

    @property
    def _descends(self) -> bool:
        return self.solver.annealing_param.proposal == AnnealingParameter.GRADIENT_STEP

    def _here(self, closure: Objective) -> Point:
        if self._descends or self.numbers[0]:
            return self.here(closure)
        point = self._at(closure, self.parameters())
        self.arrive(point)
        return point

    def _at(self, closure: Objective, at: Tensor) -> Point:
        """The point to which the params are moved; without gradient where none is needed."""
        if self._descends:
            value, loss, gradient = self.measure(closure, at)
            return Point(1.0, value, 0.0, gradient, loss)
        self.move_to(at)
        loss = closure.loss()
        return Point(1.0, loss + self.penalty(at), 0.0, self._gradient, loss)
