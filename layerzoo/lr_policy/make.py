"""Check and create the learning rate policy of a solver's message."""

from __future__ import annotations

from layerzoo.errors import ConfigError, Fault
from layerzoo.lr_policy.linear_warmup import warmup_faults, with_warmup
from layerzoo.lr_policy.policy import POLICIES, Policy
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
    missing = cls.uses_base_lr and not solver.HasField("base_lr")
    faults = [Fault("base_lr is not given", field="base_lr")] if missing else []
    faults += cls.faults(solver)
    faults += warmup_faults(solver)
    return faults


def make_policy(solver: SolverParameter) -> Policy:
    """Create the policy of a solver's message, wrapped in a warm-up if it has one.

    Raises:
        ConfigError: the policy is unknown, a field that it needs is missing, or a value is out of range.
    """
    faults = check_policy(solver)
    if faults:
        raise ConfigError(faults)
    return with_warmup(POLICIES[solver.lr_policy](solver), solver)
