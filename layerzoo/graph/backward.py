"""Which layers a gradient has to pass."""

from __future__ import annotations

from layerzoo.errors import Fault
from layerzoo.graph.facts import GradientStops
from layerzoo.graph.model import Graph, GraphLayer


def mark_backward(graph: Graph) -> None:
    """Set ``needs_grad`` of blobs and ``needs_backward`` of layers.

    A layer needs its backward pass when it, or something below it, has a param that learns, and its tops
    reach a loss; so does one that ``propagate_down`` tells to. ``force_backward`` makes all do. Source:
    Caffe's ``Net::Init``.
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
    """Warn where the gradient that a param needs is stopped by a layer; `mark_backward` comes first."""
    for layer in graph.layers:
        stops = layer.kind.gradient_stops(layer.param)
        if not layer.needs_backward or stops == GradientStops():
            continue
        wanted = wanted_below(graph, layer)
        for index in stops.bottoms:
            if wanted[index]:
                name = layer.param.bottom[index]
                message = f"no gradient reaches bottom '{name}', nor what it is computed from"
                origin = layer.origin("bottom", index)
                graph.warnings.append(Fault(message, origin, stops.hint, layer.name))
        for index in stops.tops:
            if _gradient_arrives(graph, layer.tops[index]):
                message = f"the gradient of top '{layer.param.top[index]}' goes no further"
                origin = layer.origin("top", index)
                graph.warnings.append(Fault(message, origin, stops.hint, layer.name))


def _gradient_arrives(graph: Graph, blob: int) -> bool:
    """Whether a layer that reads the blob, or a loss weight, gives it a gradient."""
    if any(loss == blob for loss, _ in graph.losses):
        return True
    for reader, position in graph.blobs[blob].consumers:
        layer = graph.layers[reader]
        open_ = position not in layer.kind.gradient_stops(layer.param).bottoms
        if layer.needs_backward and open_ and wanted_below(graph, layer)[position]:
            return True
    return False


def wanted_below(graph: Graph, layer: GraphLayer) -> list[bool]:
    """For each bottom of a layer whether its gradient is wanted; ``propagate_down`` decides where given."""
    if layer.param.propagate_down:
        return list(layer.propagate_down)
    closed = layer.kind.without_gradient if graph.force_backward else ()
    return [graph.blobs[b].needs_grad and i not in closed for i, b in enumerate(layer.bottoms)]
