"""The whole net under autograd, as torch comes."""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch
from torch import Tensor

from layerzoo.engine.full_batch import full_batch_faults
from layerzoo.engine.gradient_sync import GradientSync, LocalGradients
from layerzoo.engine.guard import Guard
from layerzoo.engine.loss_scale import LossScale
from layerzoo.errors import ConfigError, Fault
from layerzoo.net import Feed, Net
from layerzoo.optimizer import FullBatchRule, UpdateRule

log = logging.getLogger("layerzoo")


class Eager:
    """Runs training and test steps one operation after the other.

    Args:
        net: the training net.
        rule: updates its params.
        iter_size: forward-backward passes whose gradients add up to one update.
        scale: the factor on the loss, for a net with layers in FP16.

    A net of which no param moves is run without updates, as Caffe runs it: one that gives data to another,
    say, or whose BatchNorms collect statistics.

    Raises:
        ConfigError: no loss is over the params that learn, or a full-batch rule over a net whose loss is not
            that of all data.

    Attributes:
        guard: looks at each iteration before its update, and may leave it out; none at first.
        sync: computes the gradients, and averages them over the processes that train the net.
        on_gradients: called with the iteration when its gradients are there, before its update.
        outputs: the training net's outputs of the last pass, in the order of ``graph.outputs``, on
            the device.
    """

    def __init__(
        self,
        net: Net,
        rule: UpdateRule | FullBatchRule,
        iter_size: int = 1,
        scale: LossScale | None = None,
    ) -> None:
        self._learns = any(param.lr_mult for param in net.graph.params)
        if not self._learns:
            log.warning("net '%s' has no param that learns: it runs without updates", net.name)
        elif not any(layer.needs_backward for layer in net.graph.layers):
            raise ConfigError(
                f"net '{net.name}' has nothing to learn: no loss with learnable params under it"
            )
        faults = full_batch_faults(net, iter_size) if isinstance(rule, FullBatchRule) else []
        if scale is not None and isinstance(rule, FullBatchRule):
            hint = "BF16 has FP32's range, and no scale"
            faults.append(Fault(f"{rule.type_name} needs exact gradients, not those of FP16", hint=hint))
        if faults:
            raise ConfigError(faults)
        self.net = net
        self.rule = rule
        self.iter_size = iter_size
        self.scale = scale
        self.guard: Guard | None = None
        self.sync: GradientSync = LocalGradients(net)
        self.on_gradients: list[Callable[[int], object]] = []
        self.outputs: list[Tensor] = []
        net.layers.locked = (
            "an update rule goes by this net's params; replace it in a copy (copy.deepcopy(net)) or in a net "
            "of your own"
        )

    def train_step(self, iteration: int, lr: float) -> Tensor:
        """One iteration: forward, backward, update.

        Returns:
            the loss, averaged over ``iter_size`` passes; a scalar on the device that nothing waits for.

        Raises:
            NonFiniteError: the guard's, if any.
        """
        if not self._learns:
            return self.gradients(iteration)
        guard = self.guard
        if isinstance(self.rule, FullBatchRule):
            loss = torch.tensor(self.rule.step(lr, iteration, self._all_data))
            if guard is not None and not torch.isfinite(loss):
                guard.found(iteration)
            return loss
        scale = 1.0 if self.scale is None else self.scale.value
        if guard is not None:
            guard.begin()
        loss = self.gradients(iteration)
        if guard is not None and not guard.admits(iteration, loss):
            return guard.loss_instead(loss)
        self.rule.step(lr, iteration, scale)
        return loss

    def gradients(self, iteration: int) -> Tensor:
        """One iteration's gradients in ``param.grad``, summed over ``iter_size`` passes; the mean loss."""
        self.sync.zero()
        with self.sync.joint():
            loss = self._forward_backward(iteration)
        self.sync.finish(loss)
        for call in self.on_gradients:
            call(iteration)
        return loss

    def _all_data(self) -> Tensor:
        """Loss and gradients of the first iteration's batches, again and again, for a full-batch rule."""
        return self.gradients(0)

    def _forward_backward(self, iteration: int) -> Tensor:
        net = self.net
        net.clock.iteration = iteration
        total: Tensor | None = None
        for part in range(self.iter_size):
            feed = net.fetch(iteration * self.iter_size + part)
            loss, values = self.sync.forward(feed, last=part + 1 == self.iter_size)
            self._backward(loss)
            total = loss.detach() if total is None else total + loss.detach()
        net.keep_outputs(values)
        self.outputs = [values[blob.index].detach() for blob in net.graph.outputs]  # type: ignore[union-attr]
        return total if self.iter_size == 1 else total / self.iter_size  # type: ignore[operator,return-value]

    def _backward(self, loss: Tensor) -> None:
        """From a gradient of the loss itself of 1, or of the loss scale."""
        self.sync.backward(loss, None if self.scale is None else torch.full_like(loss, self.scale.value))

    def fetch_again(self, iteration: int, part: int) -> Feed:
        """What a pass of an iteration that has been run started from.

        Args:
            iteration: the iteration.
            part: which of its ``iter_size`` passes, from 0.
        """
        return self.net.fetch(iteration * self.iter_size + part)

    def loss_only(self, iteration: int) -> Tensor:
        """The training loss of an iteration, without an update."""
        net = self.net
        net.clock.iteration = iteration
        feed = net.fetch(iteration * self.iter_size)
        with torch.no_grad(), self.sync.joint():
            loss = net.loss(net.run(feed, net.outputs_only))
        self.sync.ranks.average([loss])
        return loss

    def test_step(self, net: Net, batch: int) -> list[Tensor]:
        """The outputs of a test net on its batch of that number, on the device."""
        return test_step(net, batch)


def test_step(net: Net, batch: int) -> list[Tensor]:
    """The outputs of a net on its batch of that number, in the order of ``graph.outputs``, on the device."""
    feed = net.fetch(batch)
    with torch.inference_mode():
        values = net.run(feed, net.outputs_only)
        net.keep_outputs(values)
    return [values[blob.index] for blob in net.graph.outputs]  # type: ignore[misc]
