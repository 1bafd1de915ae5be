"""Check and create the learning rate policy of a solver's message."""

from __future__ import annotations

from layerzoo.errors import ConfigError, Fault
from layerzoo.lr_policy.policy import POLICIES, Policy
from layerzoo.lr_policy.warmup import Warmup
from layerzoo.registry import UnknownNameError
from layerzoo.schema import SolverParameter


def check_policy(solver: SolverParameter) -> list[Fault]:
    """List all faults in a solver's learning rate fields; each fault names its field."""
    if not solver.HasField("lr_policy"):
        known = ", ".join(POLICIES)
        return [Fault("lr_policy is not given", field="lr_policy", hint=f"the policies are {known}")]
    try:
        cls = POLICIES[solver.lr_policy]
    except UnknownNameError as error:
        return [Fault(str(error), field="lr_policy", hint=f"the policies are {', '.join(POLICIES)}")]
    faults = [] if solver.HasField("base_lr") else [Fault("base_lr is not given", field="base_lr")]
    faults += cls.faults(solver)
    if solver.HasField("warmup_param") and solver.warmup_param.iterations < 1:
        message = f"warmup_param.iterations is {solver.warmup_param.iterations}; it has to be 1 or more"
        faults.append(Fault(message, field="warmup_param.iterations"))
    return faults


def make_policy(solver: SolverParameter) -> Policy:
    """Create the policy of a solver's message, wrapped in `Warmup` if it has a ``warmup_param``.

    Raises:
        ConfigError: the policy is unknown, a field that it needs is missing, or a value is out of range.
    """
    faults = check_policy(solver)
    if faults:
        raise ConfigError(faults)
    policy = POLICIES[solver.lr_policy](solver)
    return Warmup(policy) if solver.HasField("warmup_param") else policy
