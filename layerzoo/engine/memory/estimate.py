"""How much memory training takes, before it is taken.

What autograd will keep is measured with batches of one and of two samples of zeros, and goes on in a
straight line; a net that takes no other batch than its own is judged by the shapes of its blobs. Params,
gradients and history are exact. What a library takes while it computes (cuDNN's workspaces) is not in it.
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
from layerzoo.engine.engine import Engine
from layerzoo.engine.observers.guard import carried_tensors
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import Layer
from layerzoo.net import Net

_FLOAT = 4
_UNITS = ("B", "KiB", "MiB", "GiB")


@dataclass(frozen=True)
class MemoryEstimate:
    """Bytes that training takes.

    Attributes:
        params, gradients, history: what is there all the time.
        constant: what a pass keeps whatever its batch.
        per_sample: what a pass keeps and moves for each sample.
        batch_size: samples in a batch; 0 where no layer says.
    """

    params: int
    gradients: int
    history: int
    constant: int
    per_sample: int
    batch_size: int

    @property
    def activations(self) -> int:
        """The most that a pass keeps at once."""
        return self.constant + self.per_sample * max(1, self.batch_size)

    @property
    def total(self) -> int:
        """All together."""
        return self.at(max(1, self.batch_size))

    def at(self, batch_size: int) -> int:
        """All together, with batches of another size."""
        return self.fixed + self.per_sample * batch_size

    @property
    def fixed(self) -> int:
        """What does not depend on the batch."""
        return self.params + self.gradients + self.history + self.constant

    def largest_batch(self, available: int) -> int:
        """The largest batch that fits; 0 where none does or no layer says how large one is."""
        if not self.batch_size or available < self.fixed:
            return 0
        return (available - self.fixed) // max(1, self.per_sample)

    def smaller_batch(self, available: int, iter_size: int) -> tuple[int, int] | None:
        """The first half, quarter, ... of the batch that fits, and the ``iter_size`` that makes up for it.

        None where no batch fits.
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
    """What training with an engine takes.

    Args:
        engine: training net and rule, built.
        test_nets: they share the params; the one with the largest blobs counts where training takes less.
    """
    net = engine.net
    batch_size = batch_size_of(net)
    constant, per_sample = _by_batch(net, batch_size)
    tests = max((_peak(test.graph) for test in test_nets), default=0)
    trained = constant + per_sample * max(1, batch_size)
    return MemoryEstimate(
        params=sum(_bytes(p) for p in net.learnable),
        gradients=sum(_bytes(p) for p in net.learnable if p.requires_grad),
        history=sum(_bytes(tensor) for tensor in engine.rule.history),
        constant=constant + max(0, tests - trained),
        per_sample=per_sample,
        batch_size=batch_size,
    )


def batch_size_of(net: Net) -> int:
    """Samples in a batch, as the first data layer says; 0 where there is none."""
    for spec, layer in zip(net.graph.layers, net.ordered_layers(), strict=True):
        if isinstance(layer, DataLayer):
            return layer.batch_size
        if layer.is_data and spec.tops:
            return next(iter(net.graph.blobs[spec.tops[0]].shape or (0,)), 0)
    return 0


def set_batch_size(net: Net, batch_size: int) -> None:
    """Let the data layers give batches of another size."""
    for layer in net.data_layers:
        if isinstance(layer, DataLayer):
            layer.close()
            layer.plan = layer.plan._replace(batch_size=batch_size)


def readable(size: float) -> str:
    """Bytes for people.

    >>> readable(100), readable(1536), readable(3 * 2**30)
    ('100 B', '1.5 KiB', '3.0 GiB')
    """
    step = 0
    while size >= 1024 and step < len(_UNITS) - 1:
        size, step = size / 1024, step + 1
    return f"{size:.0f} B" if step == 0 else f"{size:.1f} {_UNITS[step]}"


def _by_batch(net: Net, batch_size: int) -> tuple[int, int]:
    """What a pass keeps whatever its batch, and for each sample."""
    try:
        with trial():
            one, two = _kept(net, 1), _kept(net, 2)
    except Exception:  # a net may be fixed to its batch, by a Reshape for one
        return 0, _by_shapes(net.graph) // max(1, batch_size)
    moving = max((_size(net.graph, spec) for spec in net.graph.layers if spec.needs_backward), default=0)
    return max(0, 2 * one - two), max(1, two - one) + moving // max(1, batch_size)


@torch.enable_grad()
def _kept(net: Net, batch_size: int) -> int:
    """Bytes of data blobs, and of what autograd keeps of a pass over so many samples of zeros."""
    carried = carried_tensors(net)
    before = [tensor.clone() for tensor in carried]
    held: dict[int, Tensor] = {p.data_ptr(): p for p in net.parameters()}
    total = 0

    def count(tensor: Tensor) -> Tensor:
        nonlocal total
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in held:
            held[storage.data_ptr()] = tensor  # it lives on, so that no address is used twice
            total += storage.nbytes()
        return tensor

    blobs: list[Tensor | None] = [None] * len(net.graph.blobs)
    try:
        for spec, layer in zip(net.graph.layers, net.ordered_layers(), strict=True):
            if not spec.tops:
                continue  # what it does with its bottoms may show outside: HDF5Output writes a file
            if layer.is_source or layer.is_input or layer.has_effects:
                made = [_zeros(net, shape, batch_size) for shape in net.graph.shapes(spec.tops)]
                made = [count(top.requires_grad_(spec.needs_backward)) for top in made]
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
    """The tops of a layer, telling what autograd saves."""

    def as_it_is(tensor: Any) -> Any:
        return tensor

    saved = torch.autograd.graph.saved_tensors_hooks(count, as_it_is)
    with saved if spec.needs_backward else nullcontext():
        made = layer(*given)
    return list(made) if isinstance(made, tuple) else [made]


def _zeros(net: Net, shape: Sequence[int], batch_size: int) -> Tensor:
    return torch.zeros((batch_size, *shape[1:]) if shape else (), device=net.device)


def _by_shapes(graph: Graph) -> int:
    """Bytes of all blobs that a backward pass may look at."""
    return sum(
        _FLOAT * graph.blobs[top].count for spec in graph.layers if spec.needs_backward for top in spec.tops
    )


def _peak(graph: Graph) -> int:
    """The most that blobs take at once in a pass without a backward pass, each let go after its last use."""
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
    """Bytes of a layer's bottoms and tops, as large as their gradients."""
    return sum(_FLOAT * graph.blobs[b].count for b in (*spec.bottoms, *spec.tops))


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()
