"""exp: the learning rate falls by the same factor every iteration."""

from __future__ import annotations

from layerzoo.lr_policy.policy import Policy, register, scaled


@register
class ExpPolicy(Policy):
    """``base_lr * gamma ^ iter``. Source: Caffe's ``SGDSolver::GetLearningRate``."""

    needs = ("gamma",)

    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration."""
        return scaled(self.base_lr, self.solver.gamma, iteration)
