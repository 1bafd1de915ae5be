"""Which layers a gradient has to pass."""

from __future__ import annotations

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


def wanted_below(graph: Graph, layer: GraphLayer) -> list[bool]:
    """For each bottom of a layer whether its gradient is wanted; ``propagate_down`` decides where given."""
    if layer.param.propagate_down:
        return list(layer.propagate_down)
    closed = layer.kind.without_gradient if graph.force_backward else ()
    return [graph.blobs[b].needs_grad and i not in closed for i, b in enumerate(layer.bottoms)]
