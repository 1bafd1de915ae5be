"""The engine that a solver's config asks for, and the params that it updates."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from layerzoo.data import DataLayer
from layerzoo.engine.engine import Engine
from layerzoo.engine.gradient_sync import gradient_sync
from layerzoo.engine.observers.debug_info import DebugInfo
from layerzoo.engine.precision.layer_precision import apply_precision, has_fp16, switch_tf32
from layerzoo.engine.precision.loss_scale import LossScale
from layerzoo.net import Net
from layerzoo.optimizer import FullBatchRule, UpdateParam, UpdateRule
from layerzoo.ranks import Ranks
from layerzoo.schema import SolverParameter

log = logging.getLogger("layerzoo")


@dataclass(frozen=True)
class EngineInput:
    """What an engine is made of.

    Attributes:
        param: the solver's config.
        net: the training net.
        test_nets: the test nets.
        rule: the update rule over the training net's params.
        scale: the loss scale, for a net with layers in FP16.
    """

    param: SolverParameter
    net: Net
    test_nets: Sequence[Net]
    rule: UpdateRule | FullBatchRule
    scale: LossScale | None


Build = Callable[[EngineInput], Engine]
"""Makes an engine."""


def whole_net(given: EngineInput) -> Engine:
    """An engine that runs the whole net under autograd."""
    return Engine(given.net, given.rule, given.param.iter_size, given.scale)


def make_engine(
    param: SolverParameter,
    net: Net,
    test_nets: Sequence[Net],
    rule: UpdateRule | FullBatchRule,
    ranks: Ranks,
    build: Build = whole_net,
) -> Engine:
    """The engine that a solver's config asks for; sets its nets' precision."""
    for each in (net, *test_nets):
        apply_precision(each, param)
    switch_tf32(param, net.device)
    scale = LossScale(param.loss_scale_param) if has_fp16(net.graph, param) else None
    engine = build(EngineInput(param, net, test_nets, rule, scale))
    if param.debug_info and not isinstance(rule, FullBatchRule):
        engine.observers.append(DebugInfo(net, param.display, scale))
    if ranks.count > 1:
        _warn_of_split_sequences(net, ranks.count)
        whole_passes = not (param.debug_info or isinstance(rule, FullBatchRule))
        engine.sync = gradient_sync(net, ranks, overlapped=param.layer_wise_reduce and whole_passes)
    return engine


def _warn_of_split_sequences(net: Net, count: int) -> None:
    """Warn of recurrent layers over samples that are dealt out to several processes."""
    dealt = any(isinstance(layer, DataLayer) and layer.dealt for layer in net.data_layers)
    for layer in net.ordered_layers() if dealt else ():
        if "recurrent_param" in layer.messages:
            log.warning(
                "Layer '%s' goes through sequences, but samples are dealt out to %d processes one by one: "
                "those that are steps of a sequence come apart",
                layer.name,
                count,
            )


def update_params(net: Net) -> list[UpdateParam]:
    """A net's params as an update rule takes them, in Caffe's order."""
    found = []
    for spec, param in zip(net.graph.params, net.learnable, strict=True):
        layer = spec.users[0][0]
        name = f"{net.graph.layers[layer].name}.{spec.own.name}"
        lr_mult = spec.lr_mult if param.requires_grad else 0.0  # a module put in place may freeze its own
        found.append(UpdateParam(param, lr_mult, spec.decay_mult, name))
    return found
