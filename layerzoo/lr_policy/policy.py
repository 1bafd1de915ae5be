"""The base class and the registry of learning rate policies."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from math import inf
from typing import Any, ClassVar, TypeVar

from layerzoo.errors import Fault
from layerzoo.registry import Registry
from layerzoo.schema import SolverParameter
from layerzoo.state_fields import Fields


class Policy(ABC):
    """The learning rate as a function of the iteration.

    Attributes:
        type_name: its name in configs; `register` sets it.
        needs: required fields of SolverParameter besides ``base_lr``.
        uses_base_lr: it needs ``base_lr``.
        follows_loss: the rate of an iteration depends on its training loss, see `observe_loss`.

    Args:
        solver: the solver's message, for which `faults` returns an empty list.
    """

    type_name: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ()
    uses_base_lr: ClassVar[bool] = True
    follows_loss: bool = False

    def __init__(self, solver: SolverParameter) -> None:
        self.solver = solver
        self.base_lr: float = solver.base_lr

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the policy reads; each fault names its field."""
        return [
            Fault(f"lr_policy '{cls.type_name}' needs {field}, which is not given", field="lr_policy")
            for field in cls.needs
            if not _given(solver, field)
        ]

    @abstractmethod
    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration, from 0."""

    def current_step(self, iteration: int) -> int:
        """The number of steps taken up to an iteration: ``current_step`` of Caffe's solver state."""
        return 0

    def observe(self, score: float, higher_is_better: bool) -> None:  # noqa: B027 (optional)
        """Record a test score; does nothing in most policies."""

    def observe_loss(self, iteration: int, loss: float) -> None:  # noqa: B027 (optional)
        """Record the training loss of an iteration, before its update; called if `follows_loss`."""

    @property
    def fields(self) -> Fields:
        """The fields of the state that `load_state_dict` reads."""
        return {}

    def state_dict(self) -> dict[str, Any]:
        """The state to save in a snapshot, JSON-serialisable; empty for a function of the iteration alone."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:  # noqa: B027 (optional)
        """Restore a state returned by `state_dict`."""


POLICIES: Registry[Policy] = Registry("lr_policy", "layerzoo.lr_policy")

P = TypeVar("P", bound=type[Policy])


def register(cls: P) -> P:
    """Class decorator that registers a policy: ``OneCyclePolicy`` is ``one_cycle`` in configs.

    Raises:
        LayerzooError: the name is already registered.
    """
    cls.type_name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__.removesuffix("Policy")).lower()
    POLICIES.register(cls.type_name, cls)
    return cls


def negative_gamma(solver: SolverParameter) -> list[Fault]:
    """The fault of a negative ``gamma``, whose powers would change the sign of the learning rate."""
    if not solver.gamma < 0:
        return []
    return [Fault(f"gamma is {solver.gamma:g}; it has to be 0 or more", field="gamma")]


def scaled(base_lr: float, gamma: float, exponent: float) -> float:
    """``base_lr * gamma ^ exponent``; infinity on overflow, as in Caffe."""
    try:
        return float(base_lr * gamma**exponent)
    except OverflowError:
        return inf


def _given(solver: SolverParameter, field: str) -> bool:
    value = getattr(solver, field)
    return bool(value) if field == "stepvalue" else solver.HasField(field)
