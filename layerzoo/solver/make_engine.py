"""Build the engine of a solver's config, and the params for its update rule."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from layerzoo.engine.compression import PowerSGD, make_compression
from layerzoo.engine.engine import Engine
from layerzoo.engine.gradient_sync import AllReducedGradients, Overlap, gradient_sync
from layerzoo.engine.local_sgd import LocalSGD
from layerzoo.engine.observers.debug_info import DebugInfo
from layerzoo.engine.own_weights import OwnWeights
from layerzoo.engine.precision.layer_precision import apply_precision, has_fp16, switch_tf32
from layerzoo.engine.precision.loss_scale import LossScale
from layerzoo.engine.sharded_gradients import ShardedGradients
from layerzoo.engine.sharding import Shards, is_sharded
from layerzoo.engine.strategies.whole_net import WholeNet
from layerzoo.engine.updates import Updates
from layerzoo.errors import Fault
from layerzoo.graph.facts import param_label
from layerzoo.net import Net
from layerzoo.optimizer import AnyRule, FullBatchRule, RuleSet, UpdateParam, UpdateRule
from layerzoo.ranks import Ranks
from layerzoo.schema import SolverParameter
from layerzoo.solver.sequence_rows import drawing_by_steps, read_streams

log = logging.getLogger("layerzoo")


@dataclass(frozen=True)
class EngineInput:
    """The parts of an engine.

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
    rule: AnyRule
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
    rule: AnyRule,
    ranks: Ranks,
    build: Build = whole_net,
    shards: Shards | None = None,
) -> Engine:
    """Build the engine of a solver's config; sets the precision of its nets.

    Args:
        param: the config.
        net: the training net.
        test_nets: the test nets.
        rule: the update rule over its params, or their parts.
        ranks: the processes that train together.
        build: makes the engine.
        shards: the parts of the params that this process holds, if the config says so.
    """
    for each in (net, *test_nets):
        apply_precision(each, param)
    switch_tf32(param, net.device)
    scale = LossScale(param.loss_scale_param) if has_fp16(net.graph, param) else None
    engine = build(EngineInput(param, net, test_nets, rule, scale))
    if param.debug_info and not isinstance(rule, FullBatchRule):
        engine.observers.append(DebugInfo(net, param.display, scale))
    if isinstance(rule, RuleSet) and rule.takes_turns and isinstance(engine.strategy, WholeNet):
        engine.updates = _updates(param, net, rule, engine.strategy)
    for each in engine.nets:
        each.clock.steps_first = drawing_by_steps(each.graph)
    if ranks.count > 1:
        for each in engine.nets:
            read_streams(each)
        _warn_of_split_batches(net, param.distributed_param.sync_batch_norm)
    if shards is None:
        _synchronise(engine, param, ranks)
    else:
        engine.sync = ShardedGradients(shards)
        engine.sync.sync_batch_norm = param.distributed_param.sync_batch_norm
        assert isinstance(rule, UpdateRule), "the config is checked"
        rule.join_norms = shards.join_norms
    return engine


def _synchronise(engine: Engine, param: SolverParameter, ranks: Ranks) -> None:
    """Choose how the processes average gradients or weights."""
    given, net, rule = param.distributed_param, engine.net, engine.rule
    compression = make_compression(given, ranks)
    own = OwnWeights(net, rule, ranks) if given.average_every else None
    if ranks.count > 1:
        whole_passes = not (param.debug_info or rule.full_batch or engine.updates is not None)
        overlapped = param.layer_wise_reduce and whole_passes
        overlap = Overlap(given.bucket_mb, given.static_graph, compression)
        sync = gradient_sync(net, ranks, overlapped, overlap)
        if overlapped and overlap != Overlap() and isinstance(sync, AllReducedGradients):
            _warn_of_effects(net)
        engine.sync = sync if own is None else LocalSGD(sync, own, given.average_every, given.average_after)
        engine.sync.sync_batch_norm = given.sync_batch_norm
    parts = {"power_sgd": compression if isinstance(compression, PowerSGD) else None, "own_weights": own}
    engine.sync.parts = {name: part for name, part in parts.items() if part is not None}


def _warn_of_effects(net: Net) -> None:
    """Warn that gradients are averaged after the pass, because of a layer."""
    layer = next(step.layer for step in net.outputs_only.steps if step.layer.has_effects)
    spec = net.graph.layers[net.ordered_layers().index(layer)]
    message = (
        f"{layer.type_name} runs code of the user's or writes files: gradients are averaged after the pass"
    )
    hint = "bucket_mb, static_graph and compression in distributed_param have no effect"
    log.warning("%s", Fault(message, spec.origin(), hint, spec.name))


def _updates(param: SolverParameter, net: Net, rule: RuleSet, strategy: WholeNet) -> Updates:
    """The updates that take turns; the net of one with stages shares the training net's params."""
    nets: list[Net | None] = []
    for member in rule.members:
        graph = member.plan.graph
        if graph is None:
            nets.append(None)
            continue
        other = Net(graph, seed=net.clock.seed, share=net).to(net.device, net.dtype)
        apply_precision(other, param)
        other.clock.rank, other.clock.ranks, other.clock.passes = (
            net.clock.rank,
            net.clock.ranks,
            net.clock.passes,
        )
        nets.append(other)
    return Updates(net, rule, nets, strategy.batches, param.iter_size, param.average_loss)


def _warn_of_split_batches(net: Net, syncs: bool) -> None:
    """Warn about layers that compute something of a whole batch, of which each process has a part.

    Args:
        net: the training net.
        syncs: layers that can take the samples of all processes do so.
    """
    said: set[str] = set()
    for spec, layer in zip(net.graph.layers, net.ordered_layers(), strict=True):
        what = layer.couples_samples
        used = any(spec.loss_weights) or any(net.graph.blobs[top].consumers for top in spec.tops)
        if what is None or what in said or not used or (syncs and layer.syncs_statistics):
            continue
        said.add(what)
        hint = (
            "sync_batch_norm: true in distributed_param takes those of all processes"
            if layer.syncs_statistics
            else None
        )
        log.warning("%s", Fault(f"{what}, in each process of its own", spec.origin(), hint, spec.name))


def build_device(param: SolverParameter, ranks: Ranks, device: torch.device) -> torch.device:
    """Where the nets of a run are built: the CPU if the device may have no room for whole ones."""
    return torch.device("cpu") if is_sharded(param, ranks.count) else device


def shard_net(
    param: SolverParameter, net: Net, test_nets: Sequence[Net], ranks: Ranks, device: torch.device
) -> Shards | None:
    """Split the params of a net over processes, if its solver says so; see `Shards`."""
    if not is_sharded(param, ranks.count):
        return None
    return Shards(net, test_nets, ranks, param.distributed_param.sharding_param, device)


def update_params(net: Net, shards: Shards | None = None) -> list[UpdateParam]:
    """A net's params with their multipliers, for an update rule; in Caffe's order.

    Args:
        net: the net.
        shards: the parts of its params, which are then updated.
    """
    found = []
    held = net.learnable if shards is None else shards.params
    for spec, param in zip(net.graph.params, held, strict=True):
        layer = net.graph.layers[spec.users[0][0]]
        name = param_label(layer.name, spec.own)
        lr_mult = spec.lr_mult if param.requires_grad else 0.0  # a replacement module may freeze its params
        table = net.ordered_layers()[layer.index].looks_up_rows
        found.append(UpdateParam(param, lr_mult, spec.decay_mult, name, layer.config_name, table))
    return found
