"""The whole net under autograd, as torch comes."""

from __future__ import annotations

import torch
from torch import Tensor

from layerzoo.engine.full_batch import full_batch_faults
from layerzoo.errors import ConfigError
from layerzoo.net import Net
from layerzoo.optimizer import FullBatchRule, UpdateRule


class Eager:
    """Runs training and test steps one operation after the other.

    Args:
        net: the training net.
        rule: updates its params.
        iter_size: forward-backward passes whose gradients add up to one update.

    Raises:
        ConfigError: nothing learns, or a full-batch rule over a net whose loss is not that of all data.

    Attributes:
        outputs: the training net's outputs of the last pass, in the order of ``graph.outputs``, on
            the device.
    """

    def __init__(self, net: Net, rule: UpdateRule | FullBatchRule, iter_size: int = 1) -> None:
        if not any(layer.needs_backward for layer in net.graph.layers):
            raise ConfigError(
                f"net '{net.name}' has nothing to learn: no loss with learnable params under it"
            )
        faults = full_batch_faults(net, iter_size) if isinstance(rule, FullBatchRule) else []
        if faults:
            raise ConfigError(faults)
        self.net = net
        self.rule = rule
        self.iter_size = iter_size
        self.outputs: list[Tensor] = []
        self._grads = give_gradients(net)

    def train_step(self, iteration: int, lr: float) -> Tensor:
        """One iteration: forward, backward, update.

        Returns:
            the loss, averaged over ``iter_size`` passes; a scalar on the device that nothing waits for.
        """
        if isinstance(self.rule, FullBatchRule):
            return torch.tensor(self.rule.step(lr, iteration, self._all_data))
        loss = self.gradients(iteration)
        self.rule.step(lr, iteration)
        return loss

    def gradients(self, iteration: int) -> Tensor:
        """One iteration's gradients in ``param.grad``, summed over ``iter_size`` passes; the mean loss."""
        torch._foreach_zero_(self._grads)
        return self._forward_backward(iteration)

    def _all_data(self) -> Tensor:
        """Loss and gradients of the first iteration's batches, again and again, for a full-batch rule."""
        return self.gradients(0)

    def _forward_backward(self, iteration: int) -> Tensor:
        net, clock = self.net, self.net.clock
        clock.iteration = iteration
        total: Tensor | None = None
        for part in range(self.iter_size):
            clock.batch = iteration * self.iter_size + part
            values = net.run({}, net.outputs_only)
            loss = net.loss(values)
            torch.autograd.backward(loss)
            total = loss.detach() if total is None else total + loss.detach()
        self.outputs = [values[blob.index].detach() for blob in net.graph.outputs]  # type: ignore[union-attr]
        return total if self.iter_size == 1 else total / self.iter_size  # type: ignore[operator,return-value]

    def loss_only(self, iteration: int) -> Tensor:
        """The training loss of an iteration, without an update."""
        clock = self.net.clock
        clock.iteration, clock.batch = iteration, iteration * self.iter_size
        with torch.no_grad():
            return self.net.loss(self.net.run({}, self.net.outputs_only))

    def test_step(self, net: Net, batch: int) -> list[Tensor]:
        """The outputs of a test net on its batch of that number, on the device."""
        return test_step(net, batch)


def test_step(net: Net, batch: int) -> list[Tensor]:
    """The outputs of a net on its batch of that number, in the order of ``graph.outputs``, on the device."""
    net.clock.batch = batch
    with torch.inference_mode():
        values = net.run({}, net.outputs_only)
    return [values[blob.index] for blob in net.graph.outputs]  # type: ignore[misc]


def give_gradients(net: Net) -> list[Tensor]:
    """Give each param that learns a gradient of zeros, whose address never changes."""
    grads = []
    for param in net.learnable:
        if param.requires_grad:
            param.grad = torch.zeros_like(param)
            grads.append(param.grad)
    return grads
