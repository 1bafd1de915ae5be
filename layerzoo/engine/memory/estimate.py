"""Estimate the memory of training before it is allocated.

The memory that autograd keeps is measured with batches of one and of two zero samples, and extrapolated
linearly; for a net that takes only its own batch size, the shapes of its blobs are used. Params, gradients
and history are exact. Temporary memory of libraries, such as cuDNN's workspaces, is not included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from layerzoo.contract import trial
from layerzoo.data import DataLayer
from layerzoo.disk import readable
from layerzoo.engine.engine import Engine
from layerzoo.engine.observers.guard import carried_tensors
from layerzoo.engine.sharded_gradients import ShardedGradients
from layerzoo.functional.loss import LabelCheck
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import Layer
from layerzoo.memory.device import available_memory
from layerzoo.net import Net

_FLOAT = 4


@dataclass(frozen=True)
class MemoryEstimate:
    """Bytes of memory that training needs.

    Attributes:
        params, gradients, history: allocated all the time.
        constant: kept by a pass, independent of the batch size.
        per_sample: kept or moved by a pass, for each sample.
        batch_size: samples in a batch; 0 if unknown.
    """

    params: int
    gradients: int
    history: int
    constant: int
    per_sample: int
    batch_size: int

    @property
    def activations(self) -> int:
        """The peak of a pass."""
        return self.constant + self.per_sample * max(1, self.batch_size)

    @property
    def total(self) -> int:
        """The total."""
        return self.at(max(1, self.batch_size))

    def at(self, batch_size: int) -> int:
        """The total for a batch size."""
        return self.fixed + self.per_sample * batch_size

    @property
    def fixed(self) -> int:
        """The part that does not depend on the batch size."""
        return self.params + self.gradients + self.history + self.constant

    def largest_batch(self, available: int) -> int:
        """The largest batch size that fits; 0 if none does, or the batch size is unknown."""
        if not self.batch_size or available < self.fixed:
            return 0
        return (available - self.fixed) // max(1, self.per_sample)

    def smaller_batch(self, available: int, iter_size: int) -> tuple[int, int] | None:
        """The largest half, quarter, ... of the batch size that fits, and the ``iter_size`` to compensate.

        None if no batch fits.
        """
        batch_size = self.batch_size // 2
        while batch_size and self.at(batch_size) > available:
            batch_size //= 2
        return (batch_size, -(-self.batch_size * iter_size // batch_size)) if batch_size else None

    def __str__(self) -> str:
        return (
            f"{readable(self.params)} params, {readable(self.gradients)} gradients, "
            f"{readable(self.history)} solver history, {readable(self.activations)} activations"
        )


def estimate_memory(engine: Engine, test_nets: Iterable[Net] = ()) -> MemoryEstimate:
    """Estimate the memory of training with an engine.

    Args:
        engine: the engine, with training net and rule.
        test_nets: the test nets, which share the params; the largest counts if it needs more than training.
    """
    net = engine.net
    batch_size = batch_size_of(net)
    sharded = isinstance(engine.sync, ShardedGradients)
    shapes = (0, _by_shapes(net.graph) // max(1, batch_size))  # all processes would have to measure together
    constant, per_sample = shapes if sharded else _by_batch(net, batch_size)
    tests = max((_peak(test.graph) for test in test_nets), default=0)
    trained = constant + per_sample * max(1, batch_size)
    return MemoryEstimate(
        params=sum(_bytes(p) for p in engine.sync.held),
        gradients=sum(_bytes(p) for p in engine.sync.held if p.requires_grad),
        history=sum(_bytes(tensor) for tensor in engine.rule.history),
        constant=constant + max(0, tests - trained),
        per_sample=per_sample,
        batch_size=batch_size,
    )


def batch_size_of(net: Net) -> int:
    """Batch size of the first data layer; 0 without one."""
    for spec, layer in zip(net.graph.layers, net.ordered_layers(), strict=True):
        if isinstance(layer, DataLayer):
            return layer.batch_size
        if layer.is_data and spec.tops:
            return next(iter(net.graph.blobs[spec.tops[0]].shape or (0,)), 0)
    return 0


def set_batch_size(net: Net, batch_size: int) -> None:
    """Set the batch size of all data layers."""
    for layer in net.data_layers:
        if isinstance(layer, DataLayer):
            layer.close()
            layer.plan = layer.plan._replace(batch_size=batch_size)


def _by_batch(net: Net, batch_size: int) -> tuple[int, int]:
    """Bytes that a pass keeps independent of the batch size, and for each sample."""
    available = available_memory(net.device)
    shapes = _by_shapes(net.graph) // max(1, batch_size)
    if available is not None and 2 * shapes > available:
        return 0, shapes  # to measure two samples would be the first to fail
    try:
        with trial():
            one, two = _kept(net, 1), _kept(net, 2)
    except Exception:  # a net may need its own batch size, for example for a Reshape
        return 0, shapes
    moving = max((_size(net.graph, spec) for spec in net.graph.layers if spec.needs_backward), default=0)
    return max(0, 2 * one - two), max(1, two - one) + moving // max(1, batch_size)


@torch.enable_grad()
def _kept(net: Net, batch_size: int) -> int:
    """Bytes of data blobs, and of tensors that autograd keeps in a pass over zero samples."""
    ranges = [layer.label_range for layer in net.modules() if isinstance(layer, LabelCheck)]
    carried = [*carried_tensors(net), *ranges]
    before = [tensor.clone() for tensor in carried]
    held: dict[int, Tensor] = {p.data_ptr(): p for p in net.parameters()}
    total = 0

    def count(tensor: Tensor) -> Tensor:
        nonlocal total
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in held:
            held[storage.data_ptr()] = tensor.detach()  # keeps it alive, so that no address is used twice
            total += storage.nbytes()
        return tensor.detach()  # a graph that saves its own output would hold itself for ever

    blobs: list[Tensor | None] = [None] * len(net.graph.blobs)
    try:
        for spec, layer in zip(net.graph.layers, net.ordered_layers(), strict=True):
            if not spec.tops:
                continue  # it may have effects outside the net: HDF5Output writes a file
            if layer.is_source or layer.is_input or layer.has_effects:
                made = [_zeros(net, shape, batch_size) for shape in net.graph.shapes(spec.tops)]
                for zeros in made:
                    count(zeros.requires_grad_(spec.needs_backward))
            else:
                made = _run(spec, layer, [blobs[b] for b in spec.bottoms], count)
            for top, tensor in zip(spec.tops, made, strict=True):
                blobs[top] = tensor
    finally:
        with torch.no_grad():
            for tensor, old in zip(carried, before, strict=True):
                tensor.copy_(old)
    return total


def _run(
    spec: GraphLayer, layer: Layer, given: Sequence[Tensor | None], count: Callable[[Tensor], Tensor]
) -> list[Tensor]:
    """Run a layer; calls ``count`` with each tensor that autograd saves."""

    def as_it_is(tensor: Any) -> Any:
        return tensor

    saved = torch.autograd.graph.saved_tensors_hooks(count, as_it_is)
    with saved if spec.needs_backward else nullcontext():
        made = layer(*given)
    return list(made) if isinstance(made, tuple) else [made]


def _zeros(net: Net, shape: Sequence[int], batch_size: int) -> Tensor:
    return torch.zeros((batch_size, *shape[1:]) if shape else (), device=net.device)


def _by_shapes(graph: Graph) -> int:
    """Bytes of all blobs that a backward pass may use."""
    return sum(
        _FLOAT * graph.blobs[top].count for spec in graph.layers if spec.needs_backward for top in spec.tops
    )


def _peak(graph: Graph) -> int:
    """Peak bytes of blobs in a forward pass that frees each blob after its last use."""
    live = peak = 0
    ends: dict[int, int] = {}
    for spec in graph.layers:
        for top in spec.tops:
            users = graph.blobs[top].consumers
            last = users[-1][0] if users else len(graph.layers)
            ends[last] = ends.get(last, 0) + _FLOAT * graph.blobs[top].count
            live += _FLOAT * graph.blobs[top].count
        peak = max(peak, live)
        live -= ends.get(spec.index, 0)
    return peak


def _size(graph: Graph, spec: GraphLayer) -> int:
    """Bytes of a layer's bottoms and tops, which equal those of their gradients."""
    return sum(_FLOAT * graph.blobs[b].count for b in (*spec.bottoms, *spec.tops))


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()
