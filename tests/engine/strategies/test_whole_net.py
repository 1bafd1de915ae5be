"""Passes of the whole net."""

from __future__ import annotations

import torch

from layerzoo.engine.gradient_sync import LocalGradients
from layerzoo.engine.observers.observer import Observer
from layerzoo.engine.strategies.whole_net import WholeNet
from layerzoo.engine.strategies.whole_net import test_step as step
from tests.engine.small import GRADIENT, LOSS, small_net


def test_run_adds_gradients_of_the_scaled_loss() -> None:
    net = small_net()
    sync, strategy = LocalGradients(net), WholeNet(net)
    (weight,) = net.learnable
    for passes in (1, 2):
        loss, outputs = strategy.run(0, sync, passes == 2, 4.0, ())
        assert (loss.item(), [output.item() for output in outputs]) == (LOSS, [LOSS])
        assert weight.grad is not None
        assert weight.grad.item() == passes * 4 * GRADIENT
        assert not loss.requires_grad


def test_run_goes_layer_by_layer_for_observers() -> None:
    net, seen = small_net(), []

    class Watch(Observer):
        def watch(self, runner):  # type: ignore[no-untyped-def]
            runner.after_forward.append(seen.append)
            return super().watch(runner)

    loss, outputs = WholeNet(net).run(0, LocalGradients(net), True, 4.0, [Watch()])
    assert (loss.item(), outputs[0].item(), seen) == (LOSS, LOSS, [0, 1, 2])
    assert net.learnable[0].grad is not None
    assert net.learnable[0].grad.item() == 4 * GRADIENT


def test_loss_needs_no_gradient() -> None:
    net = small_net()
    LocalGradients(net)
    loss = WholeNet(net).loss(0)
    assert (loss.item(), loss.requires_grad) == (LOSS, False)
    assert net.learnable[0].grad is not None
    assert net.learnable[0].grad.item() == 0


def test_fetch_again_gives_the_same_batch() -> None:
    net = small_net()
    strategy = WholeNet(net)
    first, again = strategy.fetch_again(3), strategy.fetch_again(3)
    for index, blob in first.blobs.items():
        assert torch.equal(blob, again.blobs[index])


def test_test_step_gives_the_outputs_of_a_batch() -> None:
    net = small_net()
    (output,) = step(net, 5)
    assert output.item() == LOSS
    assert [value.item() for value in WholeNet(net).test(net, 5)] == [LOSS]
    assert net.clock.batch in (5, 6)
