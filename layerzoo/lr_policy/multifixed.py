"""multifixed: a list of learning rates."""

from __future__ import annotations

from bisect import bisect_left

from layerzoo.errors import Fault
from layerzoo.lr_policy.policy import Policy, register
from layerzoo.schema import SolverParameter


@register
class MultifixedPolicy(Policy):
    """``stagelr[i]`` up to and including iteration ``stageiter[i]``; the last one from then on.

    ``base_lr`` isn't used. Source: Intel's and MobileNet-YOLO's forks of Caffe.
    """

    uses_base_lr = False

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the policy reads."""
        faults = super().faults(solver)
        rates, ends = solver.stagelr, solver.stageiter
        if not rates:
            faults.append(
                Fault("lr_policy 'multifixed' needs stagelr, which is not given", field="lr_policy")
            )
        elif len(rates) != len(ends):
            message = f"{len(rates)} stagelr and {len(ends)} stageiter; expected as many of each"
            faults.append(Fault(message, field="stageiter" if ends else "stagelr"))
        elif list(ends) != sorted(ends):
            faults.append(Fault("stageiter has to rise from stage to stage", field="stageiter"))
        return faults

    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration."""
        return float(self.solver.stagelr[self.current_step(iteration)])

    def current_step(self, iteration: int) -> int:
        """The number of the stage, from 0."""
        return min(bisect_left(self.solver.stageiter, iteration), len(self.solver.stagelr) - 1)
