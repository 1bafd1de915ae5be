"""Several updates an iteration: each has passes, gradients and params of its own, and they take turns."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import torch
from torch import Tensor

from layerzoo.engine.gradient_sync import GradientSync
from layerzoo.engine.observers.guard import Guard
from layerzoo.engine.observers.observer import Observer
from layerzoo.engine.precision.loss_scale import LossScale
from layerzoo.engine.strategies.batches import Batches
from layerzoo.net import Feed, Net
from layerzoo.net.rewriting.training import training_plan
from layerzoo.optimizer import Member, RuleSet
from layerzoo.plan import Plan
from layerzoo.state_fields import NUMBER, Fields, list_of, mapping_of


class Turn:
    """One update: the passes that it runs, and the params that it moves.

    Args:
        member: its rule and plan.
        net: the net of its passes.
        batches: the batches of that net.

    Attributes:
        plan: the layers that it runs; it keeps the update's losses and the net's outputs.
        moving: the params that it moves.
    """

    def __init__(self, member: Member, net: Net, batches: Batches) -> None:
        self.member, self.net, self.batches = member, net, batches
        given, graph = member.plan, net.graph
        keep = {*given.losses, *(blob.index for blob in graph.outputs)}
        self._plain = Plan(graph, net.ordered_layers(), keep, only=given.layers)
        self.plan = self._plain
        self.moving = member.moving
        made = {top for step in self._plain.steps for top in step.tops}
        self._shown = [blob.index for blob in graph.outputs if blob.index in made]
        self._adds_itself = any(
            step.layer.on_host or step.layer.has_effects for step in self._plain.steps
        )  # such a layer may add to a gradient that has to be there

    @property
    def name(self) -> str:
        """The update's name."""
        return self.member.name

    def arrange(self, fuse: bool, channels_last: bool) -> None:
        """Run layers as one operation where that is possible, in a layout; see `training_plan`."""
        self.plan = training_plan(self._plain, fuse, channels_last)

    def zero(self, *, keep: bool) -> None:
        """Set the gradients of its params to zero; where none has to be there, drop them."""
        keep = keep or self._adds_itself
        for param in self.moving:
            if not keep:
                param.grad = None
            elif param.grad is None:
                param.grad = torch.zeros_like(param)
            else:
                param.grad.zero_()

    def run(self, number: int) -> tuple[Tensor, list[Tensor | None]]:
        """A forward pass: the update's loss, and the blobs that its plan keeps.

        Args:
            number: number of the pass, which determines its batch.
        """
        values = self.net.run(self.batches.feed(number), self.plan)
        total: Tensor | None = None
        for index, weight in self.member.plan.losses.items():
            value = values[index]
            assert value is not None, "the plan keeps losses"
            part = self.net.clock.total(index, value)
            part = part * weight if weight != 1 else part
            total = part if total is None else total + part
        assert total is not None, "an update has a loss"
        return total, values

    def shown(self, values: Sequence[Tensor | None]) -> dict[int, Tensor]:
        """The net's outputs that its passes compute, as values, by index."""
        return {index: value.detach() for index in self._shown if (value := values[index]) is not None}


class Updates:
    """Makes the updates of an iteration, one after the other.

    Pass p of step k of an update in iteration i has the number ``(i * most times + k) * iter_size + p``,
    which determines its batch and its random numbers. So a resumed run continues exactly, and updates see
    the same batches. Gradients are computed for the params of the update alone, and averaged over all
    processes when they are finished.

    Args:
        net: the training net.
        rule: the updates' rules.
        nets: of each update its net; None is the training net.
        batches: the training net's batches.
        iter_size: passes whose gradients are summed for one step.
        window: number of its last iterations over which the loss of an update is averaged (``average_loss``).

    Attributes:
        turns: the updates.
        current: the update, its step in the iteration (from 0) and the iteration, of the last pass.
    """

    fields: ClassVar[Fields] = {"losses": mapping_of(list_of(NUMBER))}

    def __init__(
        self,
        net: Net,
        rule: RuleSet,
        nets: Sequence[Net | None],
        batches: Batches,
        iter_size: int = 1,
        window: int = 1,
    ) -> None:
        self._net, self._size = net, iter_size
        self._most = max(member.plan.times for member in rule.members)
        batches.keep = self._most * iter_size
        readers: dict[int, Batches] = {id(net): batches}
        self.turns = []
        for member, other in zip(rule.members, nets, strict=True):
            own = other or net
            reader = readers.setdefault(id(own), Batches(own, batches.keep))
            self.turns.append(Turn(member, own, reader))
        self._readers = list(readers.values())
        self._all = [param for turn in self.turns for param in turn.moving]
        self._losses: dict[str, deque[Tensor]] = {
            turn.name: deque(maxlen=max(1, window)) for turn in self.turns
        }
        self._guards: tuple[Guard | None, list[Guard]] = (None, [])
        self.current: tuple[Turn, int, int] = (self.turns[0], 0, 0)

    def step(
        self,
        iteration: int,
        lr: float,
        sync: GradientSync,
        guard: Guard | None = None,
        scale: LossScale | None = None,
        observers: Sequence[Observer] = (),
    ) -> tuple[Tensor, list[Tensor]]:
        """Make the updates of an iteration.

        Args:
            iteration: from 0.
            lr: the solver's learning rate.
            sync: the processes that train together.
            guard: checks each update before it is made.
            scale: the loss scale, for a net with layers in FP16.
            observers: called in each step of an update.

        Returns:
            the sum of the updates' losses, and the training net's outputs in the order of ``graph.outputs``;
            one that no update of this iteration computes is empty. On the device, without waiting for it.

        Raises:
            NonFiniteError: raised by the guard.
        """
        shown: dict[int, Tensor] = {}
        for reader in self._readers:
            reader.net.clock.iteration = iteration
            if reader.cycle is None:
                reader.forget()
        if guard is not None and guard.deferred:
            guard.look_if_due(iteration, 1)
        for turn, own in zip(self.turns, self._guards_of(guard), strict=True):
            if not turn.member.plan.is_due(iteration):
                continue
            losses = []
            with self._moving(turn), self._joint(turn, sync):
                for step in range(turn.member.plan.times):
                    self.current = turn, step, iteration
                    losses.append(self._update(lr, sync, own, scale, observers, shown))
            self._losses[turn.name].append(torch.stack(losses).mean() if len(losses) > 1 else losses[0])
        self._keep(shown)
        empty = torch.zeros(0, device=self._net.device)
        return self._total(), [shown.get(blob.index, empty) for blob in self._net.graph.outputs]

    def feeds_again(self) -> Iterator[Feed]:
        """The feeds of the current step of the current update."""
        turn, step, iteration = self.current
        for part in range(self._size):
            yield turn.batches.feed((iteration * self._most + step) * self._size + part)

    def loss_only(self, iteration: int, sync: GradientSync) -> Tensor:
        """The sum of the updates' losses on the first batch of an iteration, without an update."""
        for turn in self.turns:
            turn.net.clock.iteration = iteration
            if turn.member.plan.is_due(iteration):
                with torch.no_grad(), self._joint(turn, sync):
                    loss = turn.run(iteration * self._most * self._size)[0]
                sync.ranks.average([loss])
                self._losses[turn.name].append(loss)
        return self._total()

    @property
    def losses(self) -> dict[str, float]:
        """The loss of each update, averaged over its last iterations; waits for the device."""
        return {
            name: float(torch.stack(list(losses)).mean()) if losses else float("nan")
            for name, losses in self._losses.items()
        }

    def arrange(self, fuse: bool, channels_last: bool) -> None:
        """Run layers as one operation where that is possible, in a layout; see `training_plan`."""
        for turn in self.turns:
            turn.arrange(fuse, channels_last)

    def state_dict(self) -> dict[str, Any]:
        """The last losses; waits for the device."""
        return {"losses": {name: [float(loss) for loss in losses] for name, losses in self._losses.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the losses from `state_dict`."""
        for name, losses in self._losses.items():
            losses.clear()
            given = state["losses"].get(name, [])
            losses.extend(torch.tensor(loss, device=self._net.device) for loss in given)

    def _update(
        self,
        lr: float,
        sync: GradientSync,
        guard: Guard | None,
        scale: LossScale | None,
        observers: Sequence[Observer],
        shown: dict[int, Tensor],
    ) -> Tensor:
        """Make one step of the current update; returns its loss and adds to the outputs that are shown."""
        turn, step, iteration = self.current
        factor = 1.0 if scale is None else scale.value
        if guard is not None:
            guard.begin()
        turn.zero(keep=sync.ranks.count > 1)
        for observer in observers:
            observer.begin(iteration)
        first = (iteration * self._most + step) * self._size
        total: Tensor | None = None
        for number in range(first, first + self._size):
            loss, values = turn.run(number)
            sync.backward(loss, None if factor == 1 else torch.full_like(loss, factor))
            total = loss.detach() if total is None else total + loss.detach()
        assert total is not None, "iter_size is 1 or more"
        mean = total / self._size if self._size > 1 else total
        if turn.net is self._net:
            shown.update(turn.shown(values))
        for observer in observers:
            observer.gradients_ready(iteration)
        if sync.ranks.count > 1:
            sync.ranks.average([*(param.grad for param in turn.moving if param.grad is not None), mean])
        for observer in observers:
            observer.before_update(iteration)
        if guard is not None and not self._admits(guard, iteration, mean):
            return guard.loss_instead(mean)
        number = turn.member.plan.first_step(iteration) + step
        turn.member.rule.step(turn.member.rate(lr), number, factor)
        return mean

    def _admits(self, guard: Guard, iteration: int, loss: Tensor) -> bool:
        if guard.deferred:
            guard.note(loss)
            return True
        return guard.admits(iteration, loss)

    @contextmanager
    def _joint(self, turn: Turn, sync: GradientSync) -> Iterator[None]:
        """A block in which all processes make the same passes of an update's net; see `GradientSync`."""
        clock = turn.net.clock
        before = clock.shared_count
        try:
            with sync.joint():
                clock.shared_count, clock.joint_sum = self._net.clock.shared_count, self._net.clock.joint_sum
                yield
        finally:
            clock.shared_count, clock.joint_sum = before, None

    @contextmanager
    def _moving(self, turn: Turn) -> Iterator[None]:
        """A block in which only the params of an update require gradients."""
        moving = set(map(id, turn.moving))
        for param in self._all:
            param.requires_grad_(id(param) in moving)
        try:
            yield
        finally:
            for param in self._all:
                param.requires_grad_(True)

    def _guards_of(self, guard: Guard | None) -> Sequence[Guard | None]:
        """A guard for each update, which counts the steps that it skips on its own."""
        if guard is None:
            return [None] * len(self.turns)
        if self._guards[0] is not guard:
            self._guards = guard, [guard.of(turn.name, turn.moving) for turn in self.turns]
        return self._guards[1]

    def _total(self) -> Tensor:
        last = [losses[-1] for losses in self._losses.values() if losses]
        return torch.stack(last).sum()

    def _keep(self, shown: Mapping[int, Tensor]) -> None:
        values: list[Tensor | None] = [None] * len(self._net.graph.blobs)
        for index, value in shown.items():
            values[index] = value
        self._net.keep_outputs(values)
