"""Find the numbers that a net learns to predict, and the units in which their source has them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from layerzoo.data import DataLayer
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import LAYERS


def regressions(graph: Graph) -> list[GraphLayer]:
    """The losses that compare predictions with targets that a data layer gives beside its first top."""
    return [layer for layer in graph.layers if _regresses(layer) and target_source(graph, layer) is not None]


def is_regression(graph: Graph) -> bool:
    """Whether a net predicts numbers, and compares none of its scores with classes."""
    axes = [
        LAYERS[layer.kind.type_name].class_axis(layer.param)
        for layer in graph.layers
        if len(layer.bottoms) > 1
    ]
    return bool(regressions(graph)) and all(axis is None for axis in axes)


def target_scales(graph: Graph, loss: GraphLayer) -> Sequence[tuple[float, float]]:
    """The mean and the standard deviation by which each target of a loss was normalised.

    Args:
        graph: the net.
        loss: one of its losses.

    Returns:
        a pair for each target; none if the targets were not normalised.

    Raises:
        LayerFault: their source is missing.
        DataError: it is damaged.
    """
    found = target_source(graph, loss) if _regresses(loss) else None
    if found is None:
        return ()
    layer, top = found
    cls = LAYERS[layer.kind.type_name]
    assert issubclass(cls, DataLayer)
    scales = cls.target_scales(layer.param).get(top, ())
    return () if all(scale == (0, 1) for scale in scales) else scales


def _regresses(layer: GraphLayer) -> bool:
    name = layer.kind.type_name
    return name in LAYERS and LAYERS[name].regresses and len(layer.bottoms) > 1


def target_source(graph: Graph, loss: GraphLayer) -> tuple[GraphLayer, int] | None:
    """The data layer that gives the second bottom of a loss, and the index of its top; not its first one."""
    blob = loss.bottoms[1]
    while True:
        layer = graph.layers[graph.blobs[blob].producer]
        if layer.kind.is_data:
            name, top = layer.kind.type_name, layer.tops.index(blob)
            return (layer, top) if top and name in LAYERS and issubclass(LAYERS[name], DataLayer) else None
        if not _keeps_values(graph, layer):
            return None
        blob = layer.bottoms[0]


def _keeps_values(graph: Graph, layer: GraphLayer) -> bool:
    """Whether the tops of a layer are views of all values of its bottom, sample by sample."""
    name = layer.kind.type_name
    if name not in LAYERS or len(layer.bottoms) != 1 or not LAYERS[name].shares_memory(layer.param):
        return False
    before = graph.blobs[layer.bottoms[0]].shape or ()
    after = [graph.blobs[top].shape or () for top in layer.tops]
    return all(shape[:1] == before[:1] and prod(shape) == prod(before) for shape in after)
