"""The base class and the registry of update rules: params and history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from layerzoo.errors import Fault, SnapshotError
from layerzoo.optimizer.evaluated_weights import EvaluatedWeights
from layerzoo.registry import Registry
from layerzoo.schema import SolverParameter

_L1_SHARES: dict[str, float | None] = {"L1": 1.0, "L2": 0.0, "L1L2": None}
"""By ``regularization_type``: the share of L1 in the weight decay; None is ``l1_ratio``."""


def l1_share(solver: SolverParameter) -> float:
    """The share of L1 in the weight decay; the rest is L2."""
    share = _L1_SHARES[solver.regularization_type]
    return solver.l1_ratio if share is None else share


class UpdateParam(NamedTuple):
    """A learnable param with its multipliers.

    Attributes:
        param: its tensor, with the gradient in ``param.grad``.
        lr_mult: multiplies the learning rate; 0 keeps the param constant.
        decay_mult: multiplies the weight decay.
        name: ``layer.param``, e.g. ``conv1.weight``.
        layer: the layer's name in the config, which several layers can have; "" if it is that of ``name``.
        table: its rows are looked up one by one.
    """

    param: nn.Parameter
    lr_mult: float = 1.0
    decay_mult: float = 1.0
    name: str = ""
    layer: str = ""
    table: bool = False


class Moving(NamedTuple):
    """A param that trains.

    Attributes:
        names: the names of its layer that patterns may match.
        size: the number of its values.
    """

    names: Sequence[str]
    size: int


class Rule:
    """Base of update rules.

    Attributes:
        type_name: its name in configs; `register` sets it to the class's name.
        full_batch: whether it is a `FullBatchRule` instead of an `UpdateRule`.
        takes_rows: whether its update of some rows of a param needs no others but by `UpdateRule.norms`, so
            that each process can make that of the rows that it holds.
        has_momentum: whether it reads ``momentum``; if not, a config that sets it is refused.

    Args:
        solver: the solver's message, for which `faults` returns an empty list.
        params: all learnable params in Caffe's order, those with an ``lr_mult`` of 0 included.
        seed: of the run.
    """

    type_name: ClassVar[str] = ""
    full_batch: ClassVar[bool] = False
    takes_rows: ClassVar[bool] = False
    has_momentum: ClassVar[bool] = True

    def __init__(self, solver: SolverParameter, params: Sequence[UpdateParam], seed: int = 0) -> None:
        self.solver = solver
        self.params = list(params)
        self.seed = seed
        self._history: list[Tensor] = []

    @property
    def device(self) -> torch.device:
        """The device of the params."""
        return self.params[0].param.device if self.params else torch.device("cpu")

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the rule reads; each fault names its field."""
        faults = []
        if not cls.has_momentum and solver.momentum:
            message = f"momentum is {solver.momentum:g}, but {cls.type_name} has no momentum"
            faults.append(Fault(message, field="momentum", hint="leave it out"))
        if solver.iter_size < 1:
            message = f"iter_size is {solver.iter_size}; it has to be 1 or more"
            faults.append(Fault(message, field="iter_size"))
        if solver.regularization_type not in _L1_SHARES:
            message = f"unknown regularization_type '{solver.regularization_type}'"
            faults.append(Fault(message, field="regularization_type", hint="L1, L2 and L1L2 exist"))
        if not 0 <= solver.l1_ratio <= 1:
            message = f"l1_ratio is {solver.l1_ratio:g}; it has to be between 0 and 1"
            faults.append(Fault(message, field="l1_ratio"))
        return faults

    @classmethod
    def net_faults(cls, solver: SolverParameter, moving: Sequence[Moving]) -> list[Fault]:
        """List the faults of settings that don't suit a net; none here.

        Args:
            solver: the solver's message.
            moving: the params that train.
        """
        return []

    def evaluated_weights(self) -> EvaluatedWeights | None:
        """The weights for testing and publishing where these aren't the params; None where they are."""
        return None

    @property
    def history(self) -> list[Tensor]:
        """The state of the rule, in the order of Caffe's snapshots; the tensors keep their storage."""
        return self._history

    @property
    def owners(self) -> list[nn.Parameter]:
        """Of each tensor of the history the param that it belongs to, if it is shaped as one."""
        if not self.params:
            return []
        return [self.params[index % len(self.params)].param for index in range(len(self._history))]

    def check_history(self, saved: Sequence[Tensor]) -> None:
        """Check that the `history` of a snapshot can be loaded.

        Raises:
            SnapshotError: it is of another rule or another net.
        """
        if len(saved) != len(self._history):
            raise SnapshotError(
                f"the snapshot has {len(saved)} history blobs; {self.type_name} over {len(self.params)} "
                f"params has {len(self._history)}: was it taken with another type of solver, or another net?"
            )
        for index, (blob, own) in enumerate(zip(saved, self._history, strict=True)):
            if blob.numel() != own.numel():
                name = self.params[index % len(self.params)].name
                raise SnapshotError(
                    f"history blob {index} of the snapshot is {tuple(blob.shape)}; "
                    f"that of '{name}' is {tuple(own.shape)}: was it taken with another net?"
                )
            if blob.is_complex():
                raise SnapshotError(
                    f"history blob {index} of the snapshot is of {blob.dtype}; expected floats"
                )

    @torch.no_grad()
    def load_history(self, saved: Sequence[Tensor]) -> None:
        """Copy the `history` of a snapshot.

        Raises:
            SnapshotError: see `check_history`.
        """
        self.check_history(saved)
        for blob, own in zip(saved, self._history, strict=True):
            own.copy_(blob.reshape(own.shape))


RULES: Registry[Rule] = Registry("solver type", "layerzoo.optimizer")

R = TypeVar("R", bound=type[Rule])


def register(cls: R) -> R:
    """Class decorator that registers an update rule under its class's name.

    Raises:
        LayerzooError: the name is already registered.
    """
    cls.type_name = cls.__name__
    RULES.register(cls.type_name, cls)
    return cls
