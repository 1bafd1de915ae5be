"""poly: the learning rate decays to 0 at the last iteration."""

from __future__ import annotations

from math import inf

from layerzoo.lr_policy.policy import Policy, register, scaled


@register
class PolyPolicy(Policy):
    """``min_lr + (base_lr - min_lr) * (1 - iter / max_iter) ^ power``.

    Source: Caffe's ``SGDSolver::GetLearningRate``, where ``min_lr`` is 0; ``min_lr`` is of NVIDIA's fork.
    After ``max_iter``, where Caffe's formula is NaN for most powers, the rate stays 0.
    """

    needs = ("power", "max_iter")

    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration."""
        left = max(0.0, 1 - iteration / max(1, self.solver.max_iter))
        if not left and self.solver.power < 0:
            return inf
        least = self.solver.min_lr
        return least + scaled(self.base_lr - least, left, self.solver.power)
