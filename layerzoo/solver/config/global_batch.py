"""The samples of an update: each process's share of them, and the learning rate that follows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt
from typing import NamedTuple

from layerzoo.data import DataLayer
from layerzoo.errors import ConfigError, Fault, LayerFault
from layerzoo.graph import Graph
from layerzoo.graph.state import includes
from layerzoo.layer import LAYERS
from layerzoo.loader import Document
from layerzoo.optimizer import RULES, rule_name
from layerzoo.registry import UnknownNameError
from layerzoo.schema import DistributedParameter, LayerParameter, NetParameter, NetState, SolverParameter
from layerzoo.solver.config.nets import LoadedNet, NetPlan
from layerzoo.solver.learning_rate import LRScale

_FIELD = "distributed_param."
_GLOBAL = f"{_FIELD}global_batch_size"
_SCALING = f"{_FIELD}lr_scaling"
_STEEP = 2.0
"""The factor on the learning rate above which a warm-up is advised."""
_WARM_UP = 0.05
"""The share of the iterations that the advised warm-up takes; five of ninety epochs in Goyal et al."""


class Sized(NamedTuple):
    """A layer that reads a source which is distributed over the processes.

    Attributes:
        place: its place in the net's message.
        message: the field of ``LayerParameter`` that holds its ``batch_size``.
        size: its samples per batch.
    """

    place: int
    message: str
    size: int


def batch_faults(param: SolverParameter) -> list[Fault]:
    """Faults of the fields on batches that don't depend on the net; each names its field."""
    given = param.distributed_param
    faults = []
    if given.HasField("global_batch_size") and not given.global_batch_size:
        hint = "leave it out for batch_size samples in each process"
        faults.append(Fault("global_batch_size is 0; it has to be 1 or more", field=_GLOBAL, hint=hint))
    if given.lr_scaling == DistributedParameter.NONE:
        return faults
    if not given.base_batch_size:
        message = "lr_scaling needs base_batch_size, the samples of an update that base_lr is meant for"
        faults.append(Fault(message, field=_SCALING, hint="add base_batch_size to distributed_param"))
    rule = rule_name(param)
    if not param.update and RULES[rule].full_batch:
        message = f"lr_scaling, but {rule} takes all data in each iteration"
        faults.append(Fault(message, field=_SCALING, hint="remove it"))
    return faults


def batch_warnings(param: SolverParameter, scale: LRScale) -> list[Fault]:
    """Warnings of fields that have no effect, and of a steep rise of the learning rate."""
    given = param.distributed_param
    if given.lr_scaling == DistributedParameter.NONE:
        if not given.HasField("base_batch_size"):
            return []
        message = "base_batch_size is given, but it has no effect without lr_scaling"
        return [Fault(message, field=f"{_FIELD}base_batch_size", hint="add lr_scaling: LINEAR")]
    if scale.factor <= _STEEP or _warms_up(param):
        return []
    iterations = max(1, round(_WARM_UP * param.max_iter)) if param.max_iter else 500
    line = f"warmup_param {{ iterations: {iterations} start_factor: {1 / scale.factor:.3g} }}"
    message = f"lr_scaling multiplies the learning rate by {scale.factor:g} from the first iteration on"
    return [Fault(message, field=_SCALING, hint=f"a warm-up is usual: {line}")]


def lr_scale(param: SolverParameter, trained: Graph, processes: int) -> LRScale:
    """The factor on the learning rate.

    Args:
        param: the solver's config, without faults.
        trained: the training net.
        processes: number of processes that train together.

    Raises:
        ConfigError: no data layer of the net says how large a batch is.
    """
    given = param.distributed_param
    sizes = [found.size for spec in trained.layers if (found := sized(spec.index, spec.param))]
    batch = max(sizes, default=0) * processes * max(1, param.iter_size)
    if given.lr_scaling == DistributedParameter.NONE:
        return LRScale(batch=batch if processes > 1 else 0)
    if not sizes:
        message = f"lr_scaling, but no data layer of net '{trained.name}' says how large a batch is"
        raise ConfigError(Fault(message, field=_SCALING, hint="remove it, and give the base_lr of the batch"))
    factor = batch / given.base_batch_size
    return LRScale(factor if given.lr_scaling == DistributedParameter.LINEAR else sqrt(factor), batch)


def batch_of_update(param: SolverParameter, trained: Graph, processes: int) -> str:
    """The samples of an update, for people; empty if no data layer says how large a batch is.

    Args:
        param: the solver's config, without faults.
        trained: the training net, whose batches are those of a process.
        processes: number of processes that train together.
    """
    sizes = [found.size for spec in trained.layers if (found := sized(spec.index, spec.param))]
    passes, each = max(1, param.iter_size), max(sizes, default=0)
    if not each:
        return ""
    several = f" in each of {processes} processes" if processes > 1 else ""
    often = f", {passes} times (iter_size)" if passes > 1 else ""
    return f"an update is of {each * passes * processes} samples: {each}{several}{often}"


def with_shares(plans: Sequence[NetPlan], param: SolverParameter, processes: int) -> list[NetPlan]:
    """The nets that train, whose data layers read the share of a process, if ``global_batch_size`` is given.

    Args:
        plans: the nets.
        param: the solver's config.
        processes: number of processes that train together.

    Raises:
        ConfigError: the batch can't be divided evenly, or the layers' batches have several sizes or none.
    """
    whole, passes = param.distributed_param.global_batch_size, max(1, param.iter_size)
    if not whole:
        return list(plans)
    parts = processes * passes
    if whole % parts:
        near = [size for size in (whole // parts * parts, -(-whole // parts) * parts) if size]
        message = f"global_batch_size {whole} can't be divided by {processes} processes"
        message += f" with iter_size {passes}" if passes > 1 else ""
        hint = f"give a multiple of {parts}, such as {' or '.join(map(str, near))}"
        raise ConfigError(Fault(message, field=_GLOBAL, hint=hint))
    return [replace(plan, source=_shared(plan, whole // parts)) for plan in plans]


def sized_layers(net: NetParameter, state: NetState) -> list[Sized]:
    """The layers of a net in a state that read a distributed source, with their batches."""
    return [
        one
        for place, layer in enumerate(net.layer)
        if includes(layer, state) and (one := sized(place, layer)) is not None
    ]


def _shared(plan: NetPlan, share: int) -> LoadedNet:
    """A net whose data layers of a state have batches of a size; what it is made from isn't changed."""
    net = plan.source.message if isinstance(plan.source, Document) else plan.source
    found = sized_layers(net, plan.state)
    if not found:
        message = f"global_batch_size, but no layer of net '{net.name}' reads batch_size samples of a source"
        hint = "remove it: each process reads the batch that the net says"
        raise ConfigError(Fault(message, field=_GLOBAL, hint=hint))
    if len({one.size for one in found}) > 1:
        named = ", ".join(f"'{net.layer[one.place].name}' {one.size}" for one in found)
        message = f"global_batch_size, but the data layers of net '{net.name}' differ in batch_size: {named}"
        hint = "remove it, and give each layer the batch_size of a process"
        raise ConfigError(Fault(message, field=_GLOBAL, hint=hint))
    changed = NetParameter()
    changed.CopyFrom(net)
    for one in found:
        getattr(changed.layer[one.place], one.message).batch_size = share
    return replace(plan.source, message=changed) if isinstance(plan.source, Document) else changed


def sized(place: int, layer: LayerParameter) -> Sized | None:
    """How a layer says its batch; None if it reads no distributed source, or its faults are found later."""
    try:
        cls = LAYERS[layer.type]
    except UnknownNameError:
        return None
    if not (issubclass(cls, DataLayer) and cls.distributed):
        return None
    try:
        size = cls.reading(layer).batch_size
    except LayerFault:
        return None
    for message in cls.messages:
        part = getattr(layer, message)
        if "batch_size" in part.DESCRIPTOR.fields_by_name and part.batch_size == size:
            return Sized(place, message, size)
    return None


def _warms_up(param: SolverParameter) -> bool:
    policies = ("one_cycle",)  # begins low by itself
    return (
        param.HasField("warmup_param")
        or param.warmup_iter > 0
        or param.rampup_interval > 0
        or param.lr_policy in policies
    )
