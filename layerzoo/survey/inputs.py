"""Draw random values for a net's inputs that suit their consumers: images, labels, indices, flags."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor

from layerzoo.graph import Blob, Graph
from layerzoo.layer import LAYERS


def draw(graph: Graph, seed: int = 0, scale: float = 1.0) -> dict[int, Tensor]:
    """Draw a tensor for each input of a graph, by blob index.

    Args:
        graph: the graph.
        seed: seed of the random numbers.
        scale: standard deviation of inputs that may hold any number.

    Raises:
        ConfigError: an input has no shape.
    """
    shapes = graph.input_shapes()
    generator = torch.Generator().manual_seed(seed)
    drawn = {}
    for blob in graph.inputs:
        below = _below(graph, blob)
        shape = shapes[blob.name]
        typical = _typical(graph, blob)
        if typical is not None:
            drawn[blob.index] = torch.tensor(typical).expand(shape[0], -1).reshape(shape).clone()
        elif below is None:
            drawn[blob.index] = torch.randn(shape, generator=generator) * scale
        else:
            drawn[blob.index] = torch.randint(0, max(1, below), shape, generator=generator).float()
    return drawn


def _typical(graph: Graph, blob: Blob) -> Sequence[float] | None:
    """The numbers of one item of a blob, if one of its readers says so and they fit its shape."""
    for index, bottom in blob.consumers:
        layer = graph.layers[index]
        if bottom >= len(layer.own_bottoms):
            continue
        kind = LAYERS[layer.kind.type_name]
        values = kind.typical_values(layer.param, bottom, graph.shapes(layer.own_bottoms))
        if values is not None and blob.shape and len(values) == prod(blob.shape[1:]):
            return values
    return None


def _below(graph: Graph, blob: Blob) -> int | None:
    """The exclusive upper bound of integers in a blob; None if its values are arbitrary numbers."""
    bounds: list[int] = []
    seen, open_ = {blob.index}, [blob]
    while open_:
        for index, bottom in open_.pop().consumers:
            layer = graph.layers[index]
            if bottom >= len(layer.own_bottoms):
                continue
            kind = LAYERS[layer.kind.type_name]
            bound = kind.value_bound(layer.param, bottom, graph.shapes(layer.own_bottoms))
            if bound is not None:
                bounds.append(bound)
            elif kind.passes_values or kind.interpolates:
                fresh = [graph.blobs[top] for top in layer.tops if top not in seen]
                seen.update(top.index for top in fresh)
                open_ += fresh
    return min(bounds, default=None)
