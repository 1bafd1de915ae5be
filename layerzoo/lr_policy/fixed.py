"""fixed: the learning rate is constant."""

from __future__ import annotations

from layerzoo.lr_policy.policy import Policy, register


@register
class FixedPolicy(Policy):
    """``base_lr``. Source: Caffe's ``SGDSolver::GetLearningRate``."""

    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration."""
        return self.base_lr
