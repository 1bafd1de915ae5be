"""Passes that run one layer at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from layerzoo.engine.gradient_sync import give_gradients
from layerzoo.engine.observers.observer import Observer
from layerzoo.engine.runner.layerwise import Layerwise
from layerzoo.engine.strategies.layer_by_layer import run_layers
from tests.engine.small import GRADIENT, LOSS, small_net


@pytest.mark.parametrize("scale", [1.0, 8.0])
def test_run_layers_gives_loss_outputs_and_scaled_gradients(scale: float) -> None:
    net = small_net()
    give_gradients(net)
    runner = Layerwise(net)
    loss, outputs = run_layers(runner, scale, (), net.fetch(0))
    assert (loss.item(), [output.item() for output in outputs]) == (LOSS, [LOSS])
    assert net.learnable[0].grad is not None
    assert net.learnable[0].grad.item() == scale * GRADIENT


def test_run_layers_reads_data_without_a_feed() -> None:
    net = small_net()
    assert run_layers(Layerwise(net), 1.0, ())[0].item() == LOSS


def test_run_layers_leaves_watchers_after_an_exception() -> None:
    events: list[str] = []

    class Watch(Observer):
        @contextmanager
        def watch(self, runner: Layerwise) -> Iterator[None]:
            try:
                yield
            finally:
                events.append("left")

    runner = Layerwise(small_net(), before=lambda index: 1 // (index - 1))
    with pytest.raises(ZeroDivisionError):
        run_layers(runner, 1.0, [Watch(), Watch()])
    assert events == ["left", "left"]


def test_run_layers_gives_outputs_that_later_passes_leave_alone() -> None:
    net = small_net()
    runner = Layerwise(net)
    loss, (output,) = run_layers(runner, 1.0, ())
    net.learnable[0].data.fill_(0)
    run_layers(runner, 1.0, ())
    assert (loss.item(), output.item()) == (LOSS, LOSS)
