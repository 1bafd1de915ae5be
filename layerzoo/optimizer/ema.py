"""Exponential moving average of the params, for testing and publishing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from layerzoo.errors import ConfigError, Fault
from layerzoo.optimizer.evaluated_weights import EvaluatedWeights
from layerzoo.schema import EMAParameter


class WeightAverage(EvaluatedWeights):
    """Exponential moving average of params: ``mean = decay * mean + (1 - decay) * param``.

    Source: Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging"; for ``ramp``
    TensorFlow's ``ExponentialMovingAverage``.

    Args:
        param: the settings.
        params: the params to average; params and means keep their storage.

    Raises:
        ConfigError: a setting is out of range.
    """

    def __init__(self, param: EMAParameter, params: Sequence[Tensor]) -> None:
        faults = self.faults(param)
        if faults:
            raise ConfigError(faults)
        self.param = param
        super().__init__(params)
        self._means = [tensor.clone() for tensor in self.params]

    @classmethod
    def faults(cls, param: EMAParameter) -> list[Fault]:
        """List the faults in the settings; each fault names its field."""
        faults = []
        if not 0 <= param.decay < 1:
            message = f"ema_param.decay is {param.decay:g}; it has to be at least 0 and below 1"
            faults.append(Fault(message, field="ema_param.decay"))
        for name, least in (("interval", 1), ("start_iter", 0)):
            value = getattr(param, name)
            if value < least:
                message = f"ema_param.{name} is {value}; it has to be {least} or more"
                faults.append(Fault(message, field=f"ema_param.{name}"))
        return faults

    @property
    def means(self) -> list[Tensor]:
        """The mean of each param."""
        return self._means

    @torch.no_grad()
    def restart(self) -> None:
        """Set the means to the current params."""
        torch._foreach_copy_(self.means, self.params)

    def decay(self, iteration: int) -> float:
        """The weight of the old mean in the update after some iterations; 0 up to ``start_iter``."""
        updates = (iteration - self.param.start_iter) // self.param.interval
        if updates <= 0:
            return 0.0
        return min(self.param.decay, (1 + updates) / (10 + updates)) if self.param.ramp else self.param.decay

    @torch.no_grad()
    def update(self, iteration: int) -> None:
        """Update the means with the current params, after ``iteration`` iterations (1 after the first)."""
        if iteration > self.param.start_iter and (iteration - self.param.start_iter) % self.param.interval:
            return
        torch._foreach_lerp_(self.means, self.params, 1 - self.decay(iteration))

    @torch.no_grad()
    def load(self, saved: Sequence[Tensor]) -> None:
        """Copy the `means` of a snapshot.

        Raises:
            SnapshotError: see `check`.
        """
        self.check(saved)
        torch._foreach_copy_(self.means, list(saved))

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Context in which the params hold the means."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        params = [tensor.clone() for tensor in self.params]
        torch._foreach_copy_(self.params, self.means)
        torch._foreach_copy_(self.means, params)
