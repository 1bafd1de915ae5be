"""Run training passes one layer at a time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

import torch

from layerzoo.engine.observers.observer import Observer
from layerzoo.engine.runner.layerwise import Layerwise
from layerzoo.engine.strategies.strategy import Output
from layerzoo.net import Feed


def run_layers(
    runner: Layerwise, scale: float, watching: Sequence[Observer], feed: Feed | None = None
) -> Output:
    """Run one forward and backward pass layer by layer.

    The gradients equal those of the whole net up to rounding: each layer has its own backward pass.

    Args:
        runner: the runner of the net.
        scale: factor on the gradient of each loss.
        watching: observers of the layers.
        feed: the batch; None runs the data layers.
    """
    with ExitStack() as watched:
        for observer in watching:
            watched.enter_context(observer.watch(runner))
        loss = runner.forward(feed)
        if scale != 1 or runner.net.clock.summed:
            _scale_losses(runner, scale)
        runner.backward()
    runner.net.keep_outputs(runner.data)
    outputs = [runner.blobs[blob.index].values.tensor().clone() for blob in runner.net.graph.outputs]
    return loss.detach().clone(), outputs


def _scale_losses(runner: Layerwise, scale: float) -> None:
    clock = runner.net.clock
    for index, weight in runner.net.graph.losses:
        blob, times = runner.blobs[index], clock.processes if index in clock.summed else 1
        blob.gradients.put(torch.full(blob.axes, weight * scale * times, device=runner.net.device))
