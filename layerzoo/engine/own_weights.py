"""The weights and the history of each process, where processes make updates of their own."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import torch
from torch import Tensor

from layerzoo.errors import SnapshotError
from layerzoo.net import Net
from layerzoo.optimizer import AnyRule
from layerzoo.ranks import Ranks
from layerzoo.state_fields import FLAG, Fields, whole

log = logging.getLogger("layerzoo")


class OwnWeights:
    """Params that differ between processes, their average, and the history of each process.

    Args:
        net: the training net.
        rule: its update rule.
        ranks: the processes that train together.

    Attributes:
        alike: the params are the same in all processes.
    """

    fields: ClassVar[Fields] = {"processes": whole(1, 2**31 - 1), "alike": FLAG}

    def __init__(self, net: Net, rule: AnyRule, ranks: Ranks) -> None:
        self._learning = [param for param in net.learnable if param.requires_grad]
        self._rule, self._ranks = rule, ranks
        self._held: list[Tensor] | None = None
        self.alike = True

    @property
    def _params(self) -> list[Tensor]:
        """The values of the params; where they lie may change until training begins."""
        return [param.detach() for param in self._learning]

    def average(self) -> None:
        """Replace the params by their average, with the same bits in each process."""
        if not self.alike:
            self._ranks.average(self._params)
            self.alike = True

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """A block in which the params are their average; after it, each process has its own again."""
        if self.alike:
            yield
            return
        self._held = [param.clone() for param in self._params]
        try:
            self._ranks.average(self._params)
            yield
        finally:
            _copy(self._held, self._params)
            self._held = None

    def state_dict(self) -> dict[str, Any]:
        """Of each process its params, unless they are alike, and its history, unless it is the main one."""
        own = [] if self.alike else self._held or self._params
        history = [] if self._ranks.is_main else self._rule.history
        sent = ([tensor.cpu() for tensor in own], [tensor.cpu() for tensor in history])
        found: dict[str, Any] = {"processes": self._ranks.count, "alike": self.alike}
        for rank, (params, histories) in enumerate(self._ranks.gather(sent)):
            found |= {f"rank{rank}.param.{index}": tensor for index, tensor in enumerate(params)}
            found |= {f"rank{rank}.history.{index}": tensor for index, tensor in enumerate(histories)}
        return found

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore params and history of this process; other processes than before go on from the average.

        Raises:
            SnapshotError: they belong to another net.
        """
        self.alike = True
        before, count = state["processes"], self._ranks.count
        if before != count:
            log.warning(
                "average_every: the snapshot has weights and history of %d processes, this run has %d: "
                "all go on from the average of the weights with the history of the first, not exactly",
                before,
                count,
            )
            return
        prefix = f"rank{self._ranks.rank}."
        if not self._ranks.is_main:
            self._rule.load_history(_tensors(state, f"{prefix}history.", len(self._rule.history)))
        if state["alike"]:
            return
        own = _tensors(state, f"{prefix}param.", len(self._params))
        if any(saved.shape != param.shape for saved, param in zip(own, self._params, strict=True)):
            raise SnapshotError("the weights of each process in the snapshot are those of another net")
        _copy(own, self._params)
        self.alike = False


@torch.no_grad()
def _copy(values: list[Tensor], params: list[Tensor]) -> None:
    for param, value in zip(params, values, strict=True):
        param.copy_(value)


def _tensors(state: Mapping[str, Any], prefix: str, count: int) -> list[Tensor]:
    """The tensors of a prefix in their order.

    Raises:
        SnapshotError: there are not as many.
    """
    found = [state.get(f"{prefix}{index}") for index in range(count)]
    tensors = [tensor for tensor in found if isinstance(tensor, Tensor)]
    if len(tensors) != count or f"{prefix}{count}" in state:
        raise SnapshotError(f"the snapshot lacks tensors {prefix}0 to {prefix}{count - 1}, or has more")
    return tensors
