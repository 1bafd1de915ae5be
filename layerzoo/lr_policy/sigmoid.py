"""sigmoid: the learning rate changes from one level to another around a given iteration."""

from __future__ import annotations

from math import exp

from layerzoo.lr_policy.policy import Policy, register


@register
class SigmoidPolicy(Policy):
    """``base_lr / (1 + exp(-gamma * (iter - stepsize)))``: rises, or falls with a negative ``gamma``.

    Source: Caffe's ``SGDSolver::GetLearningRate``. NVIDIA DIGITS writes solvers with a negative ``gamma``.
    """

    needs = ("gamma", "stepsize")

    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration."""
        exponent = -self.solver.gamma * (iteration - self.solver.stepsize)
        return self.base_lr / (1 + exp(min(exponent, 700.0)))
