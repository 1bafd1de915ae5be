"""The engine: train and test steps of a net under an update rule."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor

from layerzoo.engine.compression import PowerSGD
from layerzoo.engine.full_batch import NetObjective, full_batch_faults
from layerzoo.engine.gradient_sync import GradientSync, LocalGradients, NewGradients
from layerzoo.engine.observers.guard import Guard
from layerzoo.engine.observers.observer import Observer
from layerzoo.engine.own_weights import OwnWeights
from layerzoo.engine.precision.loss_scale import LossScale
from layerzoo.engine.strategies.strategy import Strategy
from layerzoo.engine.strategies.whole_net import WholeNet
from layerzoo.engine.updates import Updates
from layerzoo.errors import ConfigError, Fault
from layerzoo.net import Feed, Net
from layerzoo.optimizer import AnyRule, FullBatchRule

log = logging.getLogger("layerzoo")

Rate = Callable[[Tensor], float]
"""The learning rate of an update, from the loss of its iteration."""


class Launching(Protocol):
    """The interface of what makes iterations in the place of `Engine`'s own code.

    Attributes:
        together: number of iterations that it makes at once, if as many are asked for.
    """

    together: int

    def run(self, first: int, rates: Sequence[float | Rate]) -> list[Tensor] | None:
        """Make iterations; see `Engine.train_steps`. None: it can't, and has changed nothing."""


class Engine:
    """Runs iterations: passes by a strategy, gradients, update, with calls of observers.

    A net without learnable params runs without updates, as in Caffe, for example to collect statistics of
    BatchNorm layers.

    Args:
        net: the training net, or a strategy for it; `WholeNet` is the default.
        rule: updates its params.
        iter_size: passes whose gradients are summed for one update.
        scale: the loss scale, for a net with layers in FP16.
        observers: called during iterations.

    Attributes:
        net: the training net.
        strategy: how a pass runs.
        guard: checks each iteration before its update, and may skip the update; None at first.
        sync: computes the gradients, and averages them over the processes that train the net.
        observers: called during iterations; others may be added.
        launches: makes iterations in the place of the engine's own code; None at first.
        updates: makes the updates of an iteration, if there are several with losses; None at first.
        outputs: the training net's outputs of the last pass, in the order of ``graph.outputs``, on
            the device.

    Raises:
        ConfigError: the rule is a full-batch rule, but the net's loss is not that of all data.
    """

    def __init__(
        self,
        net: Net | Strategy,
        rule: AnyRule,
        iter_size: int = 1,
        scale: LossScale | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        self.strategy: Strategy = WholeNet(net, iter_size) if isinstance(net, Net) else net
        self.net = net = self.strategy.net
        self._learns = any(param.lr_mult for param in net.graph.params)
        if not self._learns:
            log.warning("net '%s' has no param that learns: it runs without updates", net.name)
        faults: list[Fault] = []
        if isinstance(rule, FullBatchRule):
            faults += full_batch_faults(net, iter_size, rule.second_order)
        if scale is not None and isinstance(rule, FullBatchRule):
            hint = "BF16 has FP32's range, and no scale"
            faults.append(Fault(f"{rule.type_name} needs exact gradients, not those of FP16", hint=hint))
        if faults:
            raise ConfigError(faults)
        self.rule = rule
        self.iter_size = iter_size
        self.scale = scale
        self.guard: Guard | None = None
        self.sync: GradientSync = LocalGradients(net)
        self.observers = list(observers)
        self.launches: Launching | None = None
        self.updates: Updates | None = None
        self.outputs: list[Tensor] = []
        net.layers.locked = (
            "an update rule uses this net's params; replace it in a copy (copy.deepcopy(net)) or in a net "
            "of your own"
        )

    def renew_gradients(self) -> None:
        """Give gradients new memory in each iteration where nothing sees it; saves zeroing and adding.

        Not with several passes for an update, observers, or layers that add to gradients themselves.
        """
        by_hand = any(layer.on_host or layer.has_effects for layer in self.net.ordered_layers())
        alone = type(self.sync) is LocalGradients and isinstance(self.strategy, WholeNet)
        if alone and self.iter_size == 1 and not (by_hand or self.observers or self.rule.full_batch):
            self.sync = NewGradients(self.net)

    @property
    def together(self) -> int:
        """Number of iterations that are best made at once."""
        return 1 if self.launches is None else self.launches.together

    @property
    def nets(self) -> list[Net]:
        """The nets that train: the training net, and those of updates with stages."""
        turns = [] if self.updates is None else self.updates.turns
        return list({id(net): net for net in (self.net, *(turn.net for turn in turns))}.values())

    @property
    def parts(self) -> dict[str, LossScale | Updates | PowerSGD | OwnWeights]:
        """Its parts that have a state, by name."""
        parts = {"loss_scale": self.scale, "updates": self.updates, **self.sync.parts}
        return {name: part for name, part in parts.items() if part is not None}

    def train_steps(self, first: int, rates: Sequence[float | Rate]) -> list[Tensor]:
        """Run iterations one after the other; see `train_step`.

        Args:
            first: number of the first, from 0.
            rates: their learning rates.

        Returns:
            their losses; a loss may be overwritten as many iterations later as are averaged for the display.
        """
        losses = None if self.launches is None else self.launches.run(first, rates)
        if losses is None:
            self.launches = None
            losses = [self._iterate(iteration, lr) for iteration, lr in enumerate(rates, first)]
        return losses

    def train_step(self, iteration: int, lr: float | Rate) -> Tensor:
        """Run one iteration: passes and update.

        Args:
            iteration: from 0.
            lr: the learning rate, or a function that gives it from the loss.

        Returns:
            the loss, averaged over ``iter_size`` passes; a scalar on the device, without waiting for it.

        Raises:
            NonFiniteError: raised by the guard, if any.
        """
        return self.train_steps(iteration, [lr])[0]

    def _iterate(self, iteration: int, lr: float | Rate) -> Tensor:
        if self.updates is not None:
            rate = lr(torch.tensor(float("inf"))) if callable(lr) else lr
            loss, self.outputs = self.updates.step(
                iteration, rate, self.sync, self.guard, self.scale, self.observers
            )
        else:
            loss = self._step(iteration, lr) if self._learns else self.gradients(iteration)
        for observer in self.observers:
            observer.ended(iteration)
        self.sync.updated(iteration)
        return loss

    def gradients(self, iteration: int) -> Tensor:
        """Compute gradients in ``param.grad``, summed over ``iter_size`` passes; returns the mean loss."""
        self.net.clock.iteration = iteration
        self.strategy.begin()
        self.sync.zero()
        for observer in self.observers:
            observer.begin(iteration)
        with self.sync.joint():
            loss = self._passes(iteration)
        for observer in self.observers:
            observer.gradients_ready(iteration)
        self.strategy.end()
        self.sync.finish(loss)
        for observer in self.observers:
            observer.before_update(iteration)
        return loss

    def feeds_again(self, iteration: int) -> Iterator[Feed]:
        """The feeds of the passes of an iteration; of several updates, those of the last step.

        Since then no pass may have been run outside the engine.
        """
        if self.updates is not None:
            yield from self.updates.feeds_again()
            return
        first = 0 if isinstance(self.rule, FullBatchRule) else iteration
        for part in range(self.iter_size):
            yield self.strategy.fetch_again(first * self.iter_size + part)

    def loss_only(self, iteration: int) -> Tensor:
        """The training loss of an iteration, without an update."""
        self.net.clock.iteration = iteration
        if self.updates is not None:
            return self.updates.loss_only(iteration, self.sync)
        with self.sync.joint():
            loss = self.sync.run(lambda: self.strategy.loss(iteration * self.iter_size))
        self.sync.ranks.average([loss])
        return loss

    def test_step(self, net: Net, batch: int) -> list[Tensor]:
        """The outputs of a test net on its batch of that number, on the device."""
        return self.sync.run(lambda: self.strategy.test(net, batch))

    def _step(self, iteration: int, lr: float | Rate) -> Tensor:
        guard = self.guard
        if isinstance(self.rule, FullBatchRule):
            lr = lr(torch.tensor(float("inf"))) if callable(lr) else lr
            loss = torch.tensor(self.rule.step(lr, iteration, self._objective()))
            if guard is not None and not torch.isfinite(loss):
                guard.found(iteration)
            return loss
        scale = 1.0 if self.scale is None else self.scale.value
        if guard is not None:
            guard.begin()
        loss = self.gradients(iteration)
        if guard is not None and not guard.admits(iteration, loss):
            self.sync.skipped()
            return guard.loss_instead(loss)
        self.rule.step(lr(loss) if callable(lr) else lr, iteration, scale)
        return loss

    def _objective(self) -> NetObjective:
        """The loss of all data: that of iteration 0."""
        fetch = self.strategy.fetch_again
        return NetObjective(self.net, lambda: self.gradients(0), fetch, self.iter_size, self.sync)

    def _passes(self, iteration: int) -> Tensor:
        self.net.clock.iteration = iteration
        scale = 1.0 if self.scale is None else self.scale.value
        watching = [observer for observer in self.observers if observer.wants_layers(iteration)]
        total: Tensor | None = None
        for part in range(self.iter_size):
            number, last = iteration * self.iter_size + part, part + 1 == self.iter_size
            loss, self.outputs = self.strategy.run(number, self.sync, last, scale, watching)
            total = loss if total is None else total + loss
        return total if self.iter_size == 1 else total / self.iter_size  # type: ignore[operator,return-value]
