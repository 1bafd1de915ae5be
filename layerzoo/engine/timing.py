"""Time a net layer by layer, in the log lines of ``caffe time``."""

from __future__ import annotations

import logging
from typing import NamedTuple

import torch

from layerzoo.engine.rates import now
from layerzoo.engine.runner.layerwise import Layerwise
from layerzoo.graph import GraphLayer
from layerzoo.log import number
from layerzoo.net import Feed, Net

log = logging.getLogger("layerzoo")


class LayerTime(NamedTuple):
    """The mean time of a layer.

    Attributes:
        layer: the layer.
        forward, backward: seconds of a pass.
    """

    layer: GraphLayer
    forward: float
    backward: float


def time_net(net: Net, iterations: int) -> list[LayerTime]:
    """Log the mean time of each layer's forward and backward pass, and of the whole.

    Inputs are filled with zeros. On a GPU, each layer is synchronized, so the sum exceeds the time of a whole
    pass. Source: ``caffe time``.

    Returns:
        the mean times of the layers, in order.
    """
    forward = [0.0] * len(net.graph.layers)
    backward = [0.0] * len(net.graph.layers)
    started = 0.0
    spent = forward

    def before(_: int) -> None:
        nonlocal started
        started = now(net.device)

    def after(index: int) -> None:
        spent[index] += now(net.device) - started

    runner = Layerwise(net, before, after)
    shapes = net.graph.input_shapes()
    feed = Feed({b.index: torch.zeros(shapes[b.name], device=net.device) for b in net.graph.inputs})
    log.info("Performing Forward")
    loss = runner.forward(feed)
    log.info("Initial loss: %s", number(float(loss)))
    log.info("Performing Backward")
    runner.backward()
    forward[:] = [0.0] * len(forward)
    log.info("*** Benchmark begins ***")
    log.info("Testing for %d iterations.", iterations)
    begun = now(net.device)
    for iteration in range(1, iterations + 1):
        net.clock.batch = iteration
        pass_begun = now(net.device)
        spent = forward
        runner.forward(feed)
        spent = backward
        runner.backward()
        milliseconds = int((now(net.device) - pass_begun) * 1000)
        log.info("Iteration: %d forward-backward time: %d ms.", iteration, milliseconds)
    total = now(net.device) - begun
    log.info("Average time per layer: ")
    for spec in net.graph.layers:
        for what, times in (("forward", forward), ("backward", backward)):
            log.info("%10s\t%s: %s ms.", spec.name, what, number(times[spec.index] * 1000 / iterations))
    log.info("Average Forward pass: %s ms.", number(sum(forward) * 1000 / iterations))
    log.info("Average Backward pass: %s ms.", number(sum(backward) * 1000 / iterations))
    log.info("Average Forward-Backward: %s ms.", number(total * 1000 / iterations))
    log.info("Total Time: %s ms.", number(total * 1000))
    log.info("*** Benchmark ends ***")
    return [
        LayerTime(spec, forward[spec.index] / iterations, backward[spec.index] / iterations)
        for spec in net.graph.layers
    ]
