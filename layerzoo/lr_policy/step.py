"""step: the learning rate falls at regular intervals."""

from __future__ import annotations

from layerzoo.lr_policy.policy import Policy, register, scaled


@register
class StepPolicy(Policy):
    """``base_lr * gamma ^ floor(iter / stepsize)``. Source: Caffe's ``SGDSolver::GetLearningRate``."""

    needs = ("gamma", "stepsize")

    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration."""
        return scaled(self.base_lr, self.solver.gamma, self.current_step(iteration))

    def current_step(self, iteration: int) -> int:
        """Falls so far."""
        return iteration // self.solver.stepsize
