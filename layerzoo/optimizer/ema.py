"""A running mean of the params, for testing and publishing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from layerzoo.errors import ConfigError, Fault, SnapshotError
from layerzoo.schema import EMAParameter


class WeightAverage:
    """An exponential moving average: ``mean = decay * mean + (1 - decay) * param``.

    Source: Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging"; the ramp of the
    decay: TensorFlow's ``ExponentialMovingAverage``.

    Args:
        param: the settings.
        params: the params it follows; neither they nor the means ever change their storage.

    Attributes:
        means: the mean of each param.

    Raises:
        ConfigError: a setting makes no sense.
    """

    def __init__(self, param: EMAParameter, params: Sequence[Tensor]) -> None:
        faults = self.faults(param)
        if faults:
            raise ConfigError(faults)
        self.param = param
        self.params = [tensor.detach() for tensor in params]
        self.means = [tensor.clone() for tensor in self.params]

    @classmethod
    def faults(cls, param: EMAParameter) -> list[Fault]:
        """What is wrong with the settings; each fault names its field."""
        found = []
        if not 0 <= param.decay < 1:
            message = f"ema_param.decay is {param.decay:g}; it has to be at least 0 and below 1"
            found.append(Fault(message, field="ema_param.decay"))
        for name, least in (("interval", 1), ("start_iter", 0)):
            value = getattr(param, name)
            if value < least:
                message = f"ema_param.{name} is {value}; it has to be {least} or more"
                found.append(Fault(message, field=f"ema_param.{name}"))
        return found

    @torch.no_grad()
    def restart(self) -> None:
        """The means are the params as they are now."""
        torch._foreach_copy_(self.means, self.params)

    def decay(self, iteration: int) -> float:
        """How much of the mean stays at the update after so many iterations; 0 until it starts."""
        updates = (iteration - self.param.start_iter) // self.param.interval
        if updates <= 0:
            return 0.0
        return min(self.param.decay, (1 + updates) / (10 + updates)) if self.param.ramp else self.param.decay

    @torch.no_grad()
    def update(self, iteration: int) -> None:
        """Take in the params as they are after so many iterations (so from 1)."""
        if iteration > self.param.start_iter and (iteration - self.param.start_iter) % self.param.interval:
            return
        torch._foreach_lerp_(self.means, self.params, 1 - self.decay(iteration))

    @torch.no_grad()
    def load(self, saved: Sequence[Tensor]) -> None:
        """Take over the `means` of a snapshot, by value.

        Raises:
            SnapshotError: they are those of another net.
        """
        if [tuple(tensor.shape) for tensor in saved] != [tuple(mean.shape) for mean in self.means]:
            raise SnapshotError("the snapshot's averaged params are those of another net")
        torch._foreach_copy_(self.means, list(saved))

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The params hold the means while a block runs."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        kept = [tensor.clone() for tensor in self.params]
        torch._foreach_copy_(self.params, self.means)
        torch._foreach_copy_(self.means, kept)
