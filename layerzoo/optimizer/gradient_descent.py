"""GradientDescent: steepest descent with a line search."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from layerzoo.optimizer.descent import Searching
from layerzoo.optimizer.line_search import Point
from layerzoo.optimizer.objective import Objective
from layerzoo.optimizer.rule import register

_STEP, _SLOPE = 3, 4
"""Indices into the numbers."""


@register
class GradientDescent(Searching):
    """Steps along the negative gradient, as long as the line search finds.

    History: the gradient at the current params; and five numbers: whether value and loss there are known,
    value, loss, length and slope of the last step. Source: Cauchy 1847, "Méthode générale pour la résolution
    des systèmes d'équations simultanées"; Nocedal and Wright 2006, "Numerical Optimization", chapter 3.
    """

    curvature = 0.1
    own_numbers = 2

    def directions(self, here: Point, lr: float, closure: Objective) -> Iterator[tuple[Tensor, float]]:
        """The negative gradient; the first step predicts the decrease of the last one (formula 3.60)."""
        direction, first = self.steepest(here.gradient, lr)
        if self.numbers[_STEP]:
            slope = float(here.gradient.dot(direction))
            yield direction, float(self.numbers[_STEP] * self.numbers[_SLOPE]) / min(slope, -1e-300)
        yield direction, first

    def learn(self, moved: Tensor, before: Point, after: Point) -> None:
        """Keep length and slope of the step."""
        self.numbers[_STEP], self.numbers[_SLOPE] = after.step, before.slope
