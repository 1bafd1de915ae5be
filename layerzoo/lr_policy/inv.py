"""inv: the learning rate falls as a power of the iteration."""

from __future__ import annotations

from layerzoo.lr_policy.policy import Policy, register


@register
class InvPolicy(Policy):
    """``base_lr * (1 + gamma * iter) ^ -power``. Source: Caffe's ``SGDSolver::GetLearningRate``."""

    needs = ("gamma", "power")

    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration."""
        return float(self.base_lr * (1 + self.solver.gamma * iteration) ** -self.solver.power)
