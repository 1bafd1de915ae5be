"""What keeps an iteration from being recorded, and how many small ones are made by one launch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import torch

from layerzoo.engine.engine import Engine
from layerzoo.engine.strategies.whole_net import WholeNet
from layerzoo.graph import Graph
from layerzoo.layer import Layer

TOGETHER = 8
"""Iterations of a small net that one launch makes."""
_SMALL = 10**9
"""Multiply-adds of the passes of a small net: a GPU makes an iteration faster than a host launches it."""


def obstacle(engine: Engine) -> str | None:
    """Why the iterations of an engine can't be recorded; None if nothing is known that prevents it."""
    return next(chain(_of_training(engine), _of_layers(engine)), None)


def iterations_together(graph: Graph, iter_size: int) -> int:
    """The number of iterations that one launch makes, chosen by shapes."""
    work = iter_size * sum(graph.macs(layer) for layer in graph.layers)
    return TOGETHER if work <= _SMALL else 1


def _of_training(engine: Engine) -> Iterator[str]:
    guard, rule = engine.guard, engine.rule
    if engine.updates is not None:
        yield "several updates take turns"
    if rule.full_batch:
        yield f"{rule.type_name} reads each loss"
    if torch.are_deterministic_algorithms_enabled():
        # seen on a GPU: the iterations before a recording, which a resumed run makes too, round otherwise
        yield "deterministic algorithms are asked for, and a resumed run would differ by rounding"
    if not any(param.lr_mult for param in engine.net.graph.params):
        yield "no param learns"
    if engine.sync.ranks.count > 1:
        yield "several processes train"
    if engine.scale is not None:
        yield "the loss scale of FP16 follows each gradient"
    if not isinstance(engine.strategy, WholeNet):
        yield "a program looks at blobs between iterations"
    if engine.observers:
        yield "debug_info or watch looks at blobs"
    if guard is not None and not guard.deferred:
        yield "non_finite_param checks each iteration before its update"
    if engine.net.dtype == torch.float64:
        yield "numbers of an update are recorded in FP32, and the net is FP64"
    if rule.solver.HasField("gradient_noise_param"):
        yield "gradient_noise_param draws from a generator"


def _of_layers(engine: Engine) -> Iterator[str]:
    for step in engine.net.outputs_only.steps:
        layer: Layer = step.layer
        if layer.on_host or layer.has_effects:
            yield f"layer '{layer.name}' runs code outside torch"
        if (why := layer.unrecordable) is not None:
            yield f"layer '{layer.name}' ({layer.type_name}) reads values, and {why}"
        if layer.shapes_by_value:
            yield f"the shapes that layer '{layer.name}' ({layer.type_name}) gives depend on values"
