"""Several update rules, each with its own params, history and rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from layerzoo.errors import SnapshotError
from layerzoo.optimizer.evaluated_weights import EvaluatedWeights, WeightsOfUpdates
from layerzoo.optimizer.rule import Rule, UpdateParam
from layerzoo.optimizer.update_plan import UpdatePlan
from layerzoo.optimizer.update_rule import UpdateRule
from layerzoo.schema import SolverParameter
from layerzoo.seeds import stable_seed


@dataclass(frozen=True)
class Member:
    """One update's rule.

    Attributes:
        plan: the update.
        rule: the rule, over the update's params.
        base_lr: the solver's ``base_lr``.
    """

    plan: UpdatePlan
    rule: UpdateRule
    base_lr: float

    @property
    def name(self) -> str:
        """The update's name."""
        return self.plan.name

    @property
    def moving(self) -> list[nn.Parameter]:
        """The params that it moves."""
        return [param.param for param in self.rule.params if param.lr_mult]

    @property
    def own_rate(self) -> bool:
        """Whether its learning rate isn't the solver's."""
        return self.plan.base_lr is not None or self.plan.lr_mult != 1

    def rate(self, lr: float | Tensor) -> float | Tensor:
        """Its learning rate, for the solver's."""
        if self.plan.base_lr is not None:
            # exactly base_lr where the policy gives the solver's
            return self.plan.base_lr * (lr / self.base_lr)
        return lr * self.plan.lr_mult if self.plan.lr_mult != 1 else lr


class RuleSet(Rule):
    """The rules of several updates.

    History: that of each update, in the order of their names. A single update has that of Caffe, with zeros
    for the params that it doesn't move.

    Args:
        solver: the solver's message.
        plans: the updates.
        params: all learnable params, in Caffe's order.
        rules: the class of each update's rule.
        seed: of the run.

    Attributes:
        members: the updates' rules, in the order of the config.
        takes_turns: the updates have losses: each has passes of its own.
    """

    def __init__(
        self,
        solver: SolverParameter,
        plans: Sequence[UpdatePlan],
        params: Sequence[UpdateParam],
        rules: Sequence[type[UpdateRule]],
        seed: int = 0,
    ) -> None:
        super().__init__(solver, params, seed)
        alone = len(plans) == 1
        self.members = []
        for plan, rule in zip(plans, rules, strict=True):
            own = set(plan.params)
            theirs = [
                param if index in own else param._replace(lr_mult=0.0, decay_mult=0.0)
                for index, param in enumerate(params)
                if alone or index in own
            ]
            self.members.append(Member(plan, rule(plan.settings, theirs, seed), solver.base_lr))
        self.takes_turns = any(plan.losses for plan in plans)
        self._by_name = sorted(self.members, key=lambda member: member.name)
        self._history = [tensor for member in self._by_name for tensor in member.rule.history]
        self.seed = seed

    @property
    def type_name(self) -> str:  # type: ignore[override]  # of each object, not of the class
        """Names and types of the updates; of a single one the type."""
        if len(self.members) == 1:
            return self.members[0].rule.type_name
        return ", ".join(f"{member.name}: {member.rule.type_name}" for member in self._by_name)

    @property
    def seed(self) -> int:
        """The seed of the run; each update draws other numbers from it."""
        return self._seed

    @seed.setter
    def seed(self, seed: int) -> None:
        self._seed = seed
        for member in getattr(self, "members", ()):
            member.rule.seed = stable_seed(seed, "update", member.name)

    def evaluated_weights(self) -> EvaluatedWeights | None:
        """Those of the updates that have some; the params of the others stand for themselves."""
        count = len(self.params)
        parts = {}
        for member in self.members:
            weights = member.rule.evaluated_weights()
            if weights is not None:
                own = range(count) if len(self.members) == 1 else member.plan.params
                parts[tuple(own)] = weights
        return WeightsOfUpdates([each.param for each in self.params], parts) if parts else None

    @property
    def owners(self) -> list[nn.Parameter]:
        """Of each tensor of the history the param that it belongs to."""
        return [param for member in self._by_name for param in member.rule.owners]

    def step(self, lr: float | Tensor, iteration: int | Tensor, loss_scale: float | Tensor = 1.0) -> None:
        """Make one step of all updates from ``param.grad``; see `UpdateRule.step`."""
        for member in self.members:
            member.rule.step(member.rate(lr), iteration, loss_scale)

    def check_history(self, saved: Sequence[Tensor]) -> None:
        """Check that the `history` of a snapshot can be loaded.

        Raises:
            SnapshotError: it is of other updates or of another net.
        """
        if len(saved) != len(self._history):
            raise SnapshotError(
                f"the snapshot has {len(saved)} history blobs; {self.type_name} has {len(self._history)}: "
                "was it taken with other updates, or with another net?"
            )
        begin = 0
        for member in self._by_name:
            count = len(member.rule.history)
            try:
                member.rule.check_history(saved[begin : begin + count])
            except SnapshotError as error:
                raise SnapshotError(f"update '{member.name}': {error}") from None
            begin += count

    @torch.no_grad()
    def load_history(self, saved: Sequence[Tensor]) -> None:
        """Copy the `history` of a snapshot.

        Raises:
            SnapshotError: see `check_history`.
        """
        self.check_history(saved)
        for blob, own in zip(saved, self._history, strict=True):
            own.copy_(blob.reshape(own.shape))
