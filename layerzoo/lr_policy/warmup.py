"""Warm-up: a learning rate that rises over the first iterations, in front of any policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layerzoo.lr_policy.policy import Policy
from layerzoo.schema import WarmupParameter
from layerzoo.state_fields import Fields


class Warmup(Policy):
    """The learning rate of another policy times a factor that rises to 1 over the first iterations.

    The wrapped policy counts iterations from 0, warm-up included. Source: Goyal et al. 2017, "Accurate,
    large minibatch SGD: training ImageNet in 1 hour", arXiv 1706.02677.
    """

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy.solver)
        self.policy = policy
        self.follows_loss = policy.follows_loss
        self.param = policy.solver.warmup_param

    def factor(self, iteration: int) -> float:
        """The factor on the wrapped policy's rate at an iteration."""
        start, passed = self.param.start_factor, iteration / self.param.iterations
        if passed >= 1:
            return 1.0
        if self.param.shape == WarmupParameter.CONSTANT:
            return start
        if self.param.shape == WarmupParameter.EXPONENTIAL:
            return float(start ** (1 - passed))
        return start + (1 - start) * passed

    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration."""
        return self.policy.rate(iteration) * self.factor(iteration)

    def current_step(self, iteration: int) -> int:
        """The wrapped policy's step."""
        return self.policy.current_step(iteration)

    def observe(self, score: float, higher_is_better: bool) -> None:
        """Pass a test score to the wrapped policy."""
        self.policy.observe(score, higher_is_better)

    def observe_loss(self, iteration: int, loss: float) -> None:
        """Pass a training loss to the wrapped policy."""
        self.policy.observe_loss(iteration, loss)

    @property
    def fields(self) -> Fields:
        """The fields of the wrapped policy's state."""
        return self.policy.fields

    def state_dict(self) -> dict[str, Any]:
        """The wrapped policy's state."""
        return self.policy.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the wrapped policy's state."""
        self.policy.load_state_dict(state)
