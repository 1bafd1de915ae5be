"""Make iterations by replaying what a GPU was given to do: passes, gradients, checks and update."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from layerzoo.engine.capture.inputs import SLOTS, StaticInputs
from layerzoo.engine.capture.numbers import Numbers
from layerzoo.engine.capture.obstacles import iterations_together, obstacle
from layerzoo.engine.capture.recorder import Action, Recorder
from layerzoo.engine.engine import Engine, Rate
from layerzoo.functional.transforms import values_hidden
from layerzoo.net import Feed, Plan
from layerzoo.optimizer import FullBatchRule

log = logging.getLogger("layerzoo")

_WARM_UPS = 3
"""Iterations before the first recording: training iterations like all others."""


class Launches:
    """Makes iterations, one or several by a launch.

    A step is a function of batches at fixed addresses and of one small tensor of numbers. It reads nothing on
    the host, and leaves its results at fixed addresses: params, history, what layers carry, the last losses,
    and the outputs of the last pass.

    Args:
        engine: what trains.
        recorder: records and replays.
        window: number of iterations whose losses are kept (``average_loss``).
        together: iterations of a launch; None chooses by the net's shapes.

    Attributes:
        together: iterations of a launch, if as many are asked for.
        losses: those of the last iterations; iteration i is at place i modulo their number.
    """

    def __init__(
        self, engine: Engine, recorder: Recorder, window: int = 1, together: int | None = None
    ) -> None:
        net = engine.net
        self._engine, self._recorder = engine, recorder
        self.together = together or iterations_together(net.graph, engine.iter_size)
        self.losses = torch.zeros(max(window, self.together), device=net.device)
        self._kept: dict[int, Tensor] = {}
        self._shown: dict[int, Tensor] = {}
        self._numbers = Numbers(self.together, net.device, engine.iter_size)
        self._inputs: StaticInputs | None = None
        self._replays: dict[int, Action] = {}
        self._plan: Plan | None = None
        self._made = 0

    def run(self, first: int, rates: Sequence[float | Rate]) -> list[Tensor] | None:
        """Make iterations.

        Args:
            first: number of the first one, from 0.
            rates: their learning rates; 1 or `together` of them are launched at once.

        Returns:
            their losses, on the device; each is overwritten as many iterations later as `losses` holds. None,
            after a warning, if iterations can't be recorded: nothing has been changed then.

        Raises:
            NonFiniteError: raised by the guard, if any.
        """
        reason = None if self._made else obstacle(self._engine)
        numbers = [rate for rate in rates if not callable(rate)]
        if len(numbers) < len(rates):
            reason = "lr_policy follows the loss"
        try:
            if reason is None and len(rates) == self.together and self._made >= _WARM_UPS:
                return self._launch(first, numbers)
            if reason is None:
                return [loss for i, rate in enumerate(numbers) for loss in self._launch(first + i, [rate])]
        except _NotRecordedError as error:
            reason = str(error)
        log.warning("engine: GRAPH: %s; the net runs layer by layer", reason)
        return None

    def _launch(self, first: int, rates: Sequence[float]) -> list[Tensor]:
        engine, recorder, count = self._engine, self._recorder, len(rates)
        if engine.guard is not None:
            engine.guard.look_if_due(first, count)
        slot = self._made % SLOTS
        engine.net.clock.iteration = first + count - 1
        with recorder.filling(slot):
            numbers = range(first * engine.iter_size, (first + count) * engine.iter_size)
            feeds = [engine.strategy.fetch_again(number) for number in numbers]
            inputs = self._inputs
            if inputs is None:
                inputs = self._inputs = StaticInputs(feeds[0], self.together * engine.iter_size)
            fits = inputs.fit(feeds)
            if fits:
                inputs.fill(slot, feeds)
        recorder.filled()
        self._numbers.write(slot, first, rates)
        with values_hidden():
            self._action(count, feeds if not fits else None)()
        recorder.launched(slot)
        if not fits:
            recorder.wait()  # these batches are not in buffers of their own
        self._made += 1
        engine.outputs = [self._shown[blob.index] for blob in engine.net.graph.outputs]
        engine.net.keep_outputs(self._shown)
        return [self.losses[(first + place) % len(self.losses)] for place in range(count)]

    def _action(self, count: int, others: Sequence[Feed] | None) -> Action:
        """What makes so many iterations: a replay, but not at first, and not for batches of other shapes."""
        action = partial(self._iterations, count, others)
        plan = self._engine.net.outputs_only.ready()
        if plan is not self._plan:  # a layer got a hook, or lost one
            self._plan = plan
            self._replays.clear()
        if others is not None or self._made < _WARM_UPS:
            return partial(self._recorder.warm_up, action)
        if count not in self._replays:
            begun = time.monotonic()
            try:
                self._replays[count] = self._recorder.record(action)
            except Exception as error:
                reason = str(error).strip().partition("\n")[0] or type(error).__name__
                raise _NotRecordedError(f"torch could not record the net: {reason}") from error
            what = "an iteration" if count == 1 else f"{count} iterations"
            log.info(
                "Recorded %s of net '%s' in %.1f s", what, self._engine.net.name, time.monotonic() - begun
            )
        return self._replays[count]

    def _iterations(self, count: int, others: Sequence[Feed] | None) -> None:
        size = self._engine.iter_size
        for place in range(count):
            feeds = None if others is None else others[place * size : (place + 1) * size]
            values = self._iteration(place, feeds)
        self._show(values, fixed=others is None)

    def _iteration(self, place: int, others: Sequence[Feed] | None) -> Sequence[Tensor | None]:
        """One iteration, as it is recorded."""
        engine, numbers = self._engine, self._numbers
        rule, guard = engine.rule, engine.guard
        assert not isinstance(rule, FullBatchRule)
        engine.sync.zero()
        total: Tensor | None = None
        for part in range(engine.iter_size):
            feed = self._feed(place, part) if others is None else others[part]
            loss, values = engine.sync.forward(feed, part + 1 == engine.iter_size)
            engine.sync.backward(loss)
            total = loss.detach() if total is None else total + loss.detach()
        assert total is not None
        mean = total / engine.iter_size if engine.iter_size > 1 else total
        with torch.no_grad():
            if guard is not None:
                guard.note(mean)
            rule.step(numbers.rate(place), numbers.iteration(place))
            slot = numbers.iteration(place).remainder(len(self.losses)).long()
            self.losses.index_copy_(0, slot.reshape(1), mean.reshape(1).to(self.losses.dtype))
        return values

    def _feed(self, place: int, part: int) -> Feed:
        assert self._inputs is not None
        net, numbers = self._engine.net, self._numbers
        number = None if net.passes is None else numbers.number(place, part)
        blobs = self._inputs.read(numbers.slot(), place * self._engine.iter_size + part)
        return Feed(blobs, number=number)

    @torch.no_grad()
    def _show(self, values: Sequence[Tensor | None], *, fixed: bool) -> None:
        """Copy outputs and losses of a pass to their addresses, if it is one of the fixed shapes."""
        graph = self._engine.net.graph
        wanted = dict.fromkeys([blob.index for blob in graph.outputs] + [index for index, _ in graph.losses])
        shown = {index: value.detach() for index in wanted if (value := values[index]) is not None}
        if fixed and not self._kept:
            self._kept = {index: value.clone() for index, value in shown.items()}
        elif fixed:
            for index, value in shown.items():
                self._kept[index].copy_(value)
        self._shown = self._kept if fixed else shown


class _NotRecordedError(Exception):
    """Iterations can't be recorded; the message says why."""
