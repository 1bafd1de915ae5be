"""Warm-ups of Intel's and NVIDIA's forks: the rate rises to ``base_lr`` before a policy acts."""

from __future__ import annotations

from layerzoo.errors import Fault
from layerzoo.lr_policy.policy import Policy
from layerzoo.lr_policy.warmup import Warmup
from layerzoo.schema import SolverParameter


class LinearWarmup(Warmup):
    """From ``start`` to ``base_lr`` over the first iterations; then the wrapped policy, by the iteration.

    Args:
        policy: the policy.
        iterations: the number of iterations, above 0.
        start: the rate at iteration 0.
        power: 1 for an even rise, 2 for one that begins slowly.
    """

    def __init__(self, policy: Policy, iterations: int, start: float, power: int = 1) -> None:
        super().__init__(policy)
        self.iterations, self.start, self.power = iterations, start, power

    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration."""
        if iteration >= self.iterations:
            return self.policy.rate(iteration)
        passed = float((iteration / self.iterations) ** self.power)
        return self.start + (self.base_lr - self.start) * passed

    def current_step(self, iteration: int) -> int:
        """The wrapped policy's step; 0 during the warm-up."""
        return self.policy.current_step(iteration) if iteration >= self.iterations else 0

    def observe_loss(self, iteration: int, loss: float) -> None:
        """Pass a training loss to the wrapped policy, once the warm-up is over."""
        if iteration >= self.iterations:
            self.policy.observe_loss(iteration, loss)


def warmup_faults(solver: SolverParameter) -> list[Fault]:
    """Faults of the fields of a warm-up; each names its field."""
    faults = []
    if solver.HasField("warmup_param") and solver.warmup_param.iterations < 1:
        message = f"warmup_param.iterations is {solver.warmup_param.iterations}; it has to be 1 or more"
        faults.append(Fault(message, field="warmup_param.iterations"))
    fields = ("warmup_iter", "rampup_interval")
    faults += [
        Fault(f"{field} is {getattr(solver, field)}; it has to be 0 or more", field=field)
        for field in fields
        if getattr(solver, field) < 0
    ]
    given = [field for field in fields if getattr(solver, field) > 0]
    given += ["warmup_param"] if solver.HasField("warmup_param") else []
    if len(given) > 1:
        message = f"{' and '.join(given)} exclude each other: each is a warm-up"
        faults.append(Fault(message, field=given[0], hint="give one"))
    return faults


def with_warmup(policy: Policy, solver: SolverParameter) -> Policy:
    """The policy, with the warm-up that the solver has, if any."""
    if solver.HasField("warmup_param"):
        return Warmup(policy)
    if solver.warmup_iter > 0:
        return LinearWarmup(policy, solver.warmup_iter, solver.warmup_start_lr)
    if solver.rampup_interval > 0:
        return LinearWarmup(policy, solver.rampup_interval, solver.rampup_lr, power=2)
    return policy
