"""The base of every learning rate policy."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from math import inf
from typing import Any, ClassVar, TypeVar

from layerzoo.errors import ConfigError, Fault
from layerzoo.registry import Registry, UnknownNameError
from layerzoo.schema import SolverParameter


class Policy(ABC):
    """The learning rate as a function of the iteration.

    Attributes:
        type_name: its name in configs; `register` sets it.
        needs: fields of SolverParameter that have to be given, besides ``base_lr``.

    Args:
        solver: the solver's message, free of the faults that `faults` finds.
    """

    type_name: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ()

    def __init__(self, solver: SolverParameter) -> None:
        self.solver = solver
        self.base_lr: float = solver.base_lr

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """What is wrong with the fields that the policy reads; each fault names its field."""
        return [
            Fault(f"lr_policy '{cls.type_name}' needs {field}, which is not given", field="lr_policy")
            for field in cls.needs
            if not _given(solver, field)
        ]

    @abstractmethod
    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration, from 0."""

    def current_step(self, iteration: int) -> int:
        """Steps taken by the time an iteration has its rate; what Caffe's solver state keeps."""
        return 0

    def observe(self, score: float, higher_is_better: bool) -> None:  # noqa: B027 (most do nothing)
        """Take note of a test's score; most policies don't."""

    def state_dict(self) -> dict[str, Any]:
        """What a snapshot has to keep, as JSON can hold it; empty for a function of the iteration alone."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:  # noqa: B027 (most have none)
        """Go on from what `state_dict` gave."""


POLICIES: Registry[Policy] = Registry("lr_policy", "layerzoo.lr_policy")

P = TypeVar("P", bound=type[Policy])


def register(cls: P) -> P:
    """Make a policy known to configs: ``OneCyclePolicy`` by ``one_cycle``; for use as a decorator.

    Raises:
        LayerzooError: another class has that name already.
    """
    cls.type_name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__.removesuffix("Policy")).lower()
    POLICIES.register(cls.type_name, cls)
    return cls


def check_policy(solver: SolverParameter) -> list[Fault]:
    """All that is wrong with a solver's learning rate; each fault names its field."""
    if not solver.HasField("lr_policy"):
        known = ", ".join(POLICIES)
        return [Fault("lr_policy is not given", field="lr_policy", hint=f"the policies are {known}")]
    try:
        cls = POLICIES[solver.lr_policy]
    except UnknownNameError as error:
        return [Fault(str(error), field="lr_policy", hint=f"the policies are {', '.join(POLICIES)}")]
    faults = [] if solver.HasField("base_lr") else [Fault("base_lr is not given", field="base_lr")]
    faults += cls.faults(solver)
    if solver.HasField("gamma") and solver.gamma < 0:
        faults.append(Fault(f"gamma is {solver.gamma:g}; it has to be 0 or more", field="gamma"))
    if "stepsize" in cls.needs and solver.HasField("stepsize") and solver.stepsize < 1:
        faults.append(Fault(f"stepsize is {solver.stepsize}; it has to be 1 or more", field="stepsize"))
    if solver.HasField("warmup_param") and solver.warmup_param.iterations < 1:
        message = f"warmup_param.iterations is {solver.warmup_param.iterations}; it has to be 1 or more"
        faults.append(Fault(message, field="warmup_param.iterations"))
    return faults


def make_policy(solver: SolverParameter) -> Policy:
    """The policy that a solver asks for, with the warm-up in front where it asks for one.

    Raises:
        ConfigError: an unknown policy, a field it needs is missing, or a value makes no sense.
    """
    from layerzoo.lr_policy.warmup import Warmup

    faults = check_policy(solver)
    if faults:
        raise ConfigError(faults)
    policy = POLICIES[solver.lr_policy](solver)
    return Warmup(policy) if solver.HasField("warmup_param") else policy


def scaled(base_lr: float, gamma: float, exponent: int) -> float:
    """``base_lr * gamma ^ exponent``; infinite where that is too large for a number, as in Caffe."""
    try:
        return float(base_lr * gamma**exponent)
    except OverflowError:
        return inf


def _given(solver: SolverParameter, field: str) -> bool:
    value = getattr(solver, field)
    return bool(value) if field == "stepvalue" else solver.HasField(field)
