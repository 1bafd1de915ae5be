"""The learning rate of a run."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from layerzoo.engine import Rate
from layerzoo.lr_policy import make_policy
from layerzoo.schema import DistributedParameter, SolverParameter
from layerzoo.state_fields import Fields

log = logging.getLogger("layerzoo")


class LRScale(NamedTuple):
    """The factor on the learning rate.

    Attributes:
        factor: the factor.
        batch: samples of an update, of all processes; 0 if nothing is to be said of them.
    """

    factor: float = 1.0
    batch: int = 0

    def described(self, param: SolverParameter) -> str:
        """The factor and where it comes from, for the log."""
        given = param.distributed_param
        if given.lr_scaling == DistributedParameter.NONE:
            return (
                f"base_lr {param.base_lr:g} for updates of {self.batch} samples of all processes; "
                "lr_scaling in distributed_param scales it to the batch that it is meant for"
            )
        name = DistributedParameter.LRScaling.Name(given.lr_scaling)
        return (
            f"base_lr {param.base_lr:g} x {self.factor:g} = {param.base_lr * self.factor:g} "
            f"({name}: batch {self.batch} of all processes, base_batch_size {given.base_batch_size})"
        )


class LearningRate:
    """The learning rate by iteration, from the policy that the config names.

    Args:
        param: the solver's config.
        scale: the factor on all rates of the policy, by ``lr_scaling``.

    Attributes:
        policy: the policy in use.
    """

    def __init__(self, param: SolverParameter, scale: LRScale | None = None) -> None:
        self.policy = make_policy(param)
        self._scale = scale or LRScale()

    def __call__(self, iteration: int) -> float:
        """The rate of an iteration, counted from 0."""
        return self.policy.rate(iteration) * self._scale.factor

    def during(self, iteration: int, losses: deque[Tensor]) -> float | Rate:
        """The rate for an iteration's update, or a function of its loss if the policy follows that.

        Args:
            iteration: from 0.
            losses: those of the iterations before, over whose last ``maxlen`` the loss is averaged.
        """
        if not self.policy.follows_loss:
            return self(iteration)

        def rate(loss: Tensor) -> float:
            window = [*losses, loss][-(losses.maxlen or 1) :]
            self.policy.observe_loss(iteration, float(torch.stack(window).mean()))
            return self(iteration)

        return rate

    def follow(self, param: SolverParameter) -> None:
        """Use another config from now on; the state of the old policy is discarded."""
        self.policy = make_policy(param)

    def log(self, param: SolverParameter) -> None:
        """Log the policy, and by how much its rates are scaled."""
        log.info("Learning Rate Policy: %s", param.lr_policy)
        if self._scale.batch:
            log.info("Learning rate: %s", self._scale.described(param))

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
