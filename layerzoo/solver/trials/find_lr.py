"""The learning rate range test: a few iterations with a rising rate.

Smith 2017, Cyclical learning rates for training neural networks, arXiv 1506.01186.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import inf, isfinite, log10
from statistics import median
from typing import NoReturn

import torch

from layerzoo.engine.observers.guard import Guard, carried_tensors
from layerzoo.errors import NonFiniteError, UsageError
from layerzoo.optimizer import FullBatchRule
from layerzoo.schema import NonFiniteParameter
from layerzoo.solver.solver import Solver

_STAYS = 0.9
_MARGIN = 10.0
_DIVERGED = 4.0
"""The test ends at a loss of more than this many times the lowest."""
_ABOVE_NOISE = 2.0
"""A fall counts if it is larger than this many standard deviations of the losses."""
_SIGMAS_OF_MEDIAN = 1.4826
"""The standard deviation of a normal distribution over its median absolute deviation."""
_LEAST = 10
NOT_FINITE = "the loss is not finite"
_STOP = NonFiniteParameter(action=NonFiniteParameter.STOP)


@dataclass
class RangeTest:
    """The result of a range test.

    Attributes:
        rates, losses: of each iteration.
        ended: reason for a stop before the highest rate; empty without one.
    """

    rates: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    ended: str = ""
    _mean: float = 0.0
    _lowest_mean: float = inf

    def note(self, rate: float, loss: float) -> None:
        """Record an iteration."""
        if not isfinite(loss):
            self.ended = NOT_FINITE
            return
        self.rates.append(rate)
        self.losses.append(loss)
        self._mean = _STAYS * self._mean + (1 - _STAYS) * loss
        if len(self.rates) < _LEAST:
            return  # the mean of fewer losses can be low by chance, above all of small batches
        mean = self._mean / (1 - _STAYS ** len(self.rates))
        self._lowest_mean = min(self._lowest_mean, mean)
        if mean > _DIVERGED * self._lowest_mean:
            self.ended = f"the loss is {_DIVERGED:g} times its lowest"

    @cached_property
    def smoothed(self) -> list[float]:
        """The losses under a centred running median; a running mean would shift them to higher rates."""
        reach = max(1, len(self.losses) // 25)
        return [median(self.losses[max(0, i - reach) : i + reach + 1]) for i in range(len(self.losses))]

    @property
    def lowest(self) -> float:
        """The rate at which the loss was lowest."""
        return self.rates[self._bottom]

    @cached_property
    def noise(self) -> float:
        """The standard deviation of losses around the smoothed ones, until the lowest; by their median."""
        away = [abs(loss - smooth) for loss, smooth in zip(self.losses, self.smoothed, strict=True)]
        return _SIGMAS_OF_MEDIAN * median(away[: self._bottom + 1])

    @property
    def steepest(self) -> float | None:
        """The rate at which the loss fell fastest, before it was lowest; None if it fell less than its noise.

        On the flat part before the fall, the steepest slope is that of the noise.
        """
        start = median(self.losses[: max(_LEAST // 2, len(self.losses) // 10)])
        if start - self.smoothed[self._bottom] <= _ABOVE_NOISE * self.noise:
            return None
        still = (i for i in range(self._bottom, -1, -1) if self.smoothed[i] >= start - self.noise)
        begins = next(still, 0)
        reach = max(1, len(self.losses) // 25)
        slopes = {
            i: (self.smoothed[i + reach] - self.smoothed[i - reach])
            / log10(self.rates[i + reach] / self.rates[i - reach])
            for i in range(reach, len(self.rates) - reach)
            if min(begins, self._bottom - 1) <= i <= max(reach, self._bottom)
        }
        return self.rates[min(slopes, key=slopes.__getitem__)] if slopes else None

    @property
    def suggestion(self) -> float | None:
        """A rate to start from: the steepest, but at most a tenth of the lowest; None without a fall."""
        return None if self.steepest is None else min(self.steepest, self.lowest / _MARGIN)

    @property
    def _bottom(self) -> int:
        return min(range(len(self.rates)), key=self.smoothed.__getitem__)


def find_lr(solver: Solver, low: float = 1e-6, high: float = 10.0, iterations: int = 100) -> RangeTest:
    """Train with a rate that rises by the same factor each iteration, until the loss diverges.

    Params, history and the state of layers are restored afterwards; no file is written.

    Args:
        solver: its policy and ``max_iter`` are ignored.
        low, high: first and last rate.
        iterations: number of iterations, 10 or more.

    Raises:
        UsageError: the range is invalid, the rule is a full-batch rule, or updates take turns.
        NonFiniteError: a loss among the first ten is not finite.
    """
    if not (0 < low < high and iterations >= _LEAST):
        raise UsageError(f"a range test needs 0 < low < high and {_LEAST} iterations or more")
    if isinstance(solver.run.rule, FullBatchRule):
        raise UsageError(f"{solver.run.rule.type_name} searches along each direction; it needs no rate")
    if solver.engine.updates is not None:
        raise UsageError(
            "losses of several updates may work against each other; their fall says nothing of a rate"
        )
    net, engine, found = solver.net, solver.engine, RangeTest()
    state = [*(p.detach() for p in net.learnable), *solver.run.rule.history, *carried_tensors(net)]
    before = [tensor.clone() for tensor in state]
    guard = engine.guard
    scaled = None if engine.scale is None else engine.scale.state_dict()
    engine.guard = None if engine.scale is None else Guard(net, _STOP, engine.scale, _diverged, 1)
    try:
        with solver.memory.explained(lambda: solver.iteration):
            for iteration in range(iterations):
                rate = low * (high / low) ** (iteration / (iterations - 1))
                found.note(rate, float(engine.train_step(iteration, rate)))
                if found.ended:
                    break
    except _Diverged:
        found.ended = NOT_FINITE
    finally:
        engine.guard = guard
        if engine.scale is not None and scaled is not None:
            engine.scale.load_state_dict(scaled)
        with torch.no_grad():
            for tensor, old in zip(state, before, strict=True):
                tensor.copy_(old)
    if len(found.rates) < _LEAST:
        raise NonFiniteError(f"after {len(found.rates)} iterations {found.ended}: too few to suggest a rate")
    return found


class _Diverged(Exception):  # noqa: N818 (not an error)
    """FP16's guard ends the test: a loss or gradient is not finite."""


def _diverged(_: int) -> NoReturn:
    raise _Diverged
