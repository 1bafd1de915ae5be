"""What a net needs by the shapes of its graph, computed before anything is allocated.

`MemoryNeeds.least` can't be avoided: params, and the blobs that are alive at once. A net that needs more than
there is can't run. `MemoryNeeds.likely` counts what a backward pass may keep, too; the estimate of
``engine.memory`` measures that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from layerzoo.disk import readable
from layerzoo.errors import Fault, OutOfMemoryError
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import LAYERS
from layerzoo.memory.device import available_memory

_FLOAT = 4


@dataclass(frozen=True)
class MemoryNeeds:
    """Bytes that a net needs.

    Attributes:
        name: name of the net.
        params, gradients, history: allocated all the time; averaged params count as history.
        blobs: the largest sum of blobs that are alive at once in a forward pass.
        kept: further blobs that a backward pass may use, and batches that are read ahead.
        batch_size: first axis of the first data layer's or input's top; 0 without one.
        layer: the layer that takes most.
        layer_params, layer_blobs: what it takes for params (with gradients and history) and for its tops.
    """

    name: str
    params: int
    gradients: int = 0
    history: int = 0
    blobs: int = 0
    kept: int = 0
    batch_size: int = 0
    layer: GraphLayer | None = None
    layer_params: int = 0
    layer_blobs: int = 0

    @property
    def fixed(self) -> int:
        """What does not depend on the batch size."""
        return self.params + self.gradients + self.history

    @property
    def least(self) -> int:
        """What can't be avoided."""
        return self.fixed + self.blobs

    @property
    def likely(self) -> int:
        """An estimate of what is needed in fact."""
        return self.least + self.kept

    def times(self, factor: int) -> MemoryNeeds:
        """The same with numbers that take so many times the memory."""
        sizes = ("params", "gradients", "history", "blobs", "kept", "layer_params", "layer_blobs")
        return replace(self, **{name: factor * getattr(self, name) for name in sizes})

    def over(self, processes: int, gathered: int) -> MemoryNeeds:
        """The same for each of several processes that hold parts of params, gradients and history.

        Args:
            processes: their number.
            gathered: bytes of whole params and gradients that are there at once.
        """
        split = {
            name: -(-getattr(self, name) // processes)
            for name in ("params", "gradients", "history", "layer_params")
        }
        return replace(self, **split, kept=self.kept + min(gathered, self.params + self.gradients))

    def __str__(self) -> str:
        parts = {
            "params": self.params,
            "gradients": self.gradients,
            "solver history": self.history,
            "blobs": self.blobs,
            "blobs kept for the backward pass": self.kept,
        }
        return ", ".join(f"{readable(size)} {name}" for name, size in parts.items() if size)


def params_needs(graph: Graph) -> MemoryNeeds:
    """What a net needs to be built: its params."""
    params = sum(_FLOAT * param.count for param in graph.params)
    return _with_layer(MemoryNeeds(graph.name, params), graph, 1)


def run_needs(graph: Graph, all_blobs: bool = False) -> MemoryNeeds:
    """What a net needs for a forward pass with the config's batch size.

    Args:
        graph: the net's graph.
        all_blobs: all blobs are kept, as by Caffe's Python interface.
    """
    blobs = sum(_FLOAT * blob.count for blob in graph.blobs) if all_blobs else _peak(graph)
    needs = replace(params_needs(graph), blobs=blobs, batch_size=_batch_size(graph))
    return _with_layer(needs, graph, 1)


def training_needs(graph: Graph, tests: Sequence[Graph] = (), history: int = 0) -> MemoryNeeds:
    """What training needs.

    Args:
        graph: the training net's graph.
        tests: graphs of the test nets, which share its params.
        history: bytes of the update rule's history and of averaged params.
    """
    params = params_needs(graph).params
    gradients = sum(_FLOAT * param.count for param in graph.params if param.lr_mult and param.own.learns)
    trained = _peak(graph)
    kept = max(0, _backward(graph) - trained) + _read_ahead(graph)
    needs = MemoryNeeds(
        graph.name,
        params,
        gradients,
        history,
        blobs=max(trained, *(_peak(test) for test in tests), 0),
        kept=kept,
        batch_size=_batch_size(graph),
    )
    return _with_layer(needs, graph, needs.fixed / max(1, params))


def check_memory(needs: MemoryNeeds, device: torch.device, iter_size: int = 0, allocated: int = 0) -> None:
    """Check that a device has what can't be avoided.

    Args:
        needs: what is needed.
        device: the device; nothing is checked where its memory is unknown.
        iter_size: passes whose gradients add up to one update; 0 without training.
        allocated: bytes of it that are allocated already.

    Raises:
        OutOfMemoryError: names what is needed and what there is, the layer that takes most, and the fix.
    """
    if fault := shortage(needs, device, iter_size, allocated=allocated):
        raise OutOfMemoryError(str(fault))


def shortage(
    needs: MemoryNeeds,
    device: torch.device,
    iter_size: int = 0,
    likely: bool = False,
    allocated: int = 0,
) -> Fault | None:
    """The fault of a net that needs more memory than a device has; None if it has enough, or is unknown.

    Args:
        needs: what is needed.
        device: the device.
        iter_size: passes whose gradients add up to one update; 0 without training.
        likely: compare the estimate, not what can't be avoided.
        allocated: bytes of it that are allocated already.
    """
    if device.type == "meta":
        return None
    needed = needs.likely if likely else needs.least
    available = available_memory(device, swap=not likely)
    if available is None or needed <= available + allocated:
        return None
    available += allocated
    figures = needs if likely else replace(needs, kept=0)
    where = "on this machine" if device.type == "cpu" else f"on {device}"
    message = (
        f"net '{needs.name}' needs {'about' if likely else 'at least'} {readable(needed)} of memory "
        f"({figures}); {readable(available)} are available {where}"
    )
    if needs.layer is None:
        return Fault(message, hint=_fix(figures, available, iter_size))
    taken = readable(needs.layer_params + needs.layer_blobs)
    message += f"; layer '{needs.layer.name}' takes most, {taken}"
    return Fault(message, needs.layer.origin(), _fix(figures, available, iter_size))


def _fix(needs: MemoryNeeds, available: int, iter_size: int) -> str:
    """How to need less: a batch that fits, or fewer params."""
    per_sample = (needs.blobs + needs.kept) / max(1, needs.batch_size)
    batch_size = needs.batch_size // 2
    while batch_size and needs.fixed + per_sample * batch_size > available:
        batch_size //= 2
    if batch_size and iter_size:
        passes = -(-needs.batch_size * iter_size // batch_size)
        return (
            f"batch_size: {batch_size} with iter_size: {passes} would fit, "
            f"in place of {needs.batch_size} with {iter_size}"
        )
    if batch_size:
        return f"a batch_size of {batch_size} would fit, in place of {needs.batch_size}"
    if needs.layer_params > needs.layer_blobs:
        return (
            "make the layer smaller (num_output, the size of its bottom), or use a machine with more memory"
        )
    return "make the blobs smaller (the size of the input), or use a machine with more memory"


def _with_layer(needs: MemoryNeeds, graph: Graph, copies: float) -> MemoryNeeds:
    """The needs with the layer that takes most; each of its params is held ``copies`` times."""
    most = needs
    for layer in graph.layers:
        own = {index for index in layer.params if graph.params[index].users[0][0] == layer.index}
        params = int(copies * sum(_FLOAT * graph.params[index].count for index in own))
        tops = sum(_FLOAT * graph.blobs[top].count for top in layer.tops) if needs.blobs else 0
        if params + tops > most.layer_params + most.layer_blobs:
            most = replace(most, layer=layer, layer_params=params, layer_blobs=tops)
    return most


def _batch_size(graph: Graph) -> int:
    for layer in graph.layers:
        if (layer.kind.is_data or layer.kind.is_input) and layer.tops:
            shape = graph.blobs[layer.tops[0]].shape
            return shape[0] if shape else 0
    return 0


def _shared(graph: Graph) -> tuple[dict[int, int], dict[int, int]]:
    """Blobs that may share memory, in place or as views.

    Returns:
        for each blob the first one of its memory; for each of these the bytes of the memory.
    """
    memory_of: dict[int, int] = {}
    sizes: dict[int, int] = {}
    for layer in graph.layers:
        views = LAYERS[layer.kind.type_name].passes_values and len(layer.bottoms) == 1
        for number, top in enumerate(layer.tops):
            shared = layer.bottoms and (views or number in layer.in_place)
            memory = memory_of[layer.bottoms[0 if views else number]] if shared else top
            memory_of[top] = memory
            sizes[memory] = max(sizes.get(memory, 0), _FLOAT * graph.blobs[top].count)
    return memory_of, sizes


def _peak(graph: Graph) -> int:
    """The largest sum of blobs alive at once in a forward pass that frees each after its last use."""
    memory_of, sizes = _shared(graph)
    last: dict[int, int] = {}
    for blob, memory in memory_of.items():
        users = graph.blobs[blob].consumers
        last[memory] = max(last.get(memory, 0), users[-1][0] if users else len(graph.layers))
    live, change = 0, [0] * (len(graph.layers) + 2)
    for memory, size in sizes.items():
        change[graph.blobs[memory].producer] += size
        change[last[memory] + 1] -= size
    return max((live := live + step for step in change), default=0)


def _backward(graph: Graph) -> int:
    """Bytes of all blobs that a backward pass may use."""
    memory_of, sizes = _shared(graph)
    layers = (layer for layer in graph.layers if layer.needs_backward)
    used = {memory_of[blob] for layer in layers for blob in (*layer.bottoms, *layer.tops)}
    inside = sum(
        run.runs * _inner_blobs(run.graph)
        for layer in graph.layers
        if layer.needs_backward
        for run in layer.inner
    )
    return inside + sum(sizes[memory] for memory in used)


def _inner_blobs(graph: Graph) -> int:
    """Bytes of the blobs of one run of a subnet, with those of the subnets in it."""
    _, sizes = _shared(graph)
    inner = (run for layer in graph.layers for run in layer.inner)
    return sum(sizes.values()) + sum(run.runs * _inner_blobs(run.graph) for run in inner)


def _read_ahead(graph: Graph) -> int:
    """Bytes of the batches that data layers read ahead."""
    return sum(
        LAYERS[layer.kind.type_name].batches_ahead(layer.param) * _FLOAT * graph.blobs[top].count
        for layer in graph.layers
        for top in layer.tops
    )
