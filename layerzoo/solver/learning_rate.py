"""The learning rate of a run."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from layerzoo.engine import Rate
from layerzoo.lr_policy import make_policy
from layerzoo.schema import SolverParameter
from layerzoo.state_fields import Fields


class LearningRate:
    """The learning rate by iteration, from the policy that the config names.

    Args:
        param: the solver's config.

    Attributes:
        policy: the policy in use.
    """

    def __init__(self, param: SolverParameter) -> None:
        self.policy = make_policy(param)

    def __call__(self, iteration: int) -> float:
        """The rate of an iteration, counted from 0."""
        return self.policy.rate(iteration)

    def during(self, iteration: int, losses: deque[Tensor]) -> float | Rate:
        """The rate for an iteration's update, or a function of its loss if the policy follows that.

        Args:
            iteration: from 0.
            losses: those of the iterations before, over whose last ``maxlen`` the loss is averaged.
        """
        if not self.policy.follows_loss:
            return self.policy.rate(iteration)

        def rate(loss: Tensor) -> float:
            window = [*losses, loss][-(losses.maxlen or 1) :]
            self.policy.observe_loss(iteration, float(torch.stack(window).mean()))
            return self.policy.rate(iteration)

        return rate

    def follow(self, param: SolverParameter) -> None:
        """Use another config from now on; the state of the old policy is discarded."""
        self.policy = make_policy(param)

    @property
    def fields(self) -> Fields:
        """The fields of the policy's state."""
        return self.policy.fields

    def state_dict(self) -> dict[str, Any]:
        """The policy's state."""
        return self.policy.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the policy's state."""
        self.policy.load_state_dict(state)
