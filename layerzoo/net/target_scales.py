"""Find the numbers that a net learns to predict, and the units in which their source has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from layerzoo.data import DataLayer
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import LAYERS

_SAME_VALUES: Final = frozenset({"Split", "Reshape", "Flatten"})


def regressions(graph: Graph) -> list[GraphLayer]:
    """The losses that compare predictions with targets that a data layer gives beside its first top."""
    return [layer for layer in graph.layers if _regresses(layer) and _source(graph, layer) is not None]


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
    found = _source(graph, loss) if _regresses(loss) else None
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


def _source(graph: Graph, loss: GraphLayer) -> tuple[GraphLayer, int] | None:
    """The data layer that gives the second bottom of a loss, and the index of its top; not its first one."""
    blob = loss.bottoms[1]
    while True:
        layer = graph.layers[graph.blobs[blob].producer]
        if layer.kind.is_data:
            name, top = layer.kind.type_name, layer.tops.index(blob)
            return (layer, top) if top and name in LAYERS and issubclass(LAYERS[name], DataLayer) else None
        if layer.kind.type_name not in _SAME_VALUES:
            return None
        blob = layer.bottoms[0]
