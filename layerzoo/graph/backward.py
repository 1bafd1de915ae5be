"""Find the layers whose backward pass is needed, and those that stop a gradient."""

from __future__ import annotations

from layerzoo.errors import Fault
from layerzoo.graph.facts import GradientStops
from layerzoo.graph.model import Graph, GraphLayer


def mark_backward(graph: Graph) -> None:
    """Set ``needs_grad`` of blobs and ``needs_backward`` of layers.

    A layer needs its backward pass if it, or a layer below it, has a param that learns, and its tops reach a
    loss. ``propagate_down`` overrides this for a bottom, ``force_backward`` for the whole net.
    Source: Caffe's ``Net::Init``.
    """
    force = graph.force_backward
    for layer in graph.layers:
        learns = any(graph.params[p].lr_mult != 0 for p in layer.params)
        layer.needs_backward = force or learns or any(wanted_below(graph, layer))
        for top in layer.tops:
            graph.blobs[top].needs_grad = layer.needs_backward
    if force:
        return
    under_loss: set[int] = {blob for blob, _ in graph.losses}
    for layer in reversed(graph.layers):
        layer.needs_backward = layer.needs_backward and not under_loss.isdisjoint(layer.tops)
        if layer.needs_backward:
            down = zip(layer.bottoms, layer.propagate_down, strict=True)
            under_loss.update(b for b, flag in down if flag)
        for top in layer.tops:
            graph.blobs[top].needs_grad = layer.needs_backward


def warn_of_stops(graph: Graph) -> None:
    """Warn of layers that stop the gradient that a param needs; requires `mark_backward`."""
    arrivals = Arrivals(graph)
    for layer in graph.layers:
        stops = layer.kind.gradient_stops(layer.param)
        if not layer.needs_backward or stops == GradientStops():
            continue
        wanted = wanted_below(graph, layer)
        for index in stops.bottoms:
            if wanted[index]:
                name = layer.bottom_name(index)
                message = f"no gradient reaches bottom '{name}' or the layers below it"
                origin = layer.bottom_origin(index)
                graph.warnings.append(Fault(message, origin, stops.hint, layer.name))
        for index in stops.tops:
            if arrivals.at(layer.tops[index]):
                message = f"the gradient of top '{layer.param.top[index]}' is not propagated"
                origin = layer.origin("top", index)
                graph.warnings.append(Fault(message, origin, stops.hint, layer.name))


def warn_of_surrogates(graph: Graph) -> None:
    """Warn of layers whose gradient isn't the derivative of their forward pass; requires `mark_backward`."""
    for layer in graph.layers:
        surrogate = layer.kind.surrogate_gradient(layer.param) if layer.needs_backward else None
        if surrogate is not None and not layer.kind.asks_for_surrogate:
            message = f"the gradient of a layer of type '{layer.param.type}' is a surrogate: {surrogate}"
            graph.warnings.append(Fault(message, layer.origin("type"), None, layer.name))


class Arrivals:
    """Whether gradients arrive at blobs; what it has found out of a layer is kept."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.losses = {blob for blob, _ in graph.losses}
        self.passing: dict[int, list[bool]] = {}

    def at(self, blob: int) -> bool:
        """Whether a blob receives a gradient, from a layer that reads it or from its loss weight."""
        return blob in self.losses or any(
            self._passed(reader)[position] for reader, position in self.graph.blobs[blob].consumers
        )

    def _passed(self, index: int) -> list[bool]:
        """For each bottom of a layer, whether the layer passes a gradient to it."""
        passed = self.passing.get(index)
        if passed is None:
            layer = self.graph.layers[index]
            stopped = set(layer.kind.gradient_stops(layer.param).bottoms)
            wanted = wanted_below(self.graph, layer) if layer.needs_backward else [False] * len(layer.bottoms)
            passed = self.passing[index] = [flag and i not in stopped for i, flag in enumerate(wanted)]
        return passed


def wanted_below(graph: Graph, layer: GraphLayer) -> list[bool]:
    """For each bottom of a layer, whether its gradient is needed; ``propagate_down`` decides if it is set."""
    if layer.param.propagate_down:
        count = len(layer.param.bottom)
        given = layer.bottoms[count:]
        return [*layer.propagate_down[:count], *(graph.blobs[b].needs_grad for b in given)]
    excluded = layer.kind.without_gradient if graph.force_backward else ()
    own = set(excluded) & set(range(len(layer.own_bottoms)))
    return [graph.blobs[b].needs_grad and i not in own for i, b in enumerate(layer.bottoms)]
