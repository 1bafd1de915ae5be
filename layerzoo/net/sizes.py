"""Explain why layers of two nets have params of different shapes: their data layers read other sizes."""

from __future__ import annotations

from layerzoo.graph import Graph, GraphLayer
from layerzoo.schema import TRAIN


def different_sizes(here: Graph, there: Graph) -> str:
    """Which data layers of two nets, TRAIN and TEST, give samples of different shapes; empty if none do.

    Args:
        here, there: the two nets.
    """
    tops = {
        blob: (_source(there, layer), shape)
        for layer in there.layers
        if layer.kind.is_data
        for blob, shape in _shapes(there, layer.tops)
    }
    for layer in here.layers:
        if not layer.kind.is_data:
            continue
        for blob, shape in _shapes(here, layer.tops):
            if blob in tops and tops[blob][1][1:] != shape[1:]:
                mine = _source(here, layer)
                theirs, other = tops[blob]
                sizes = f"{mine} gives '{blob}' with samples of {_text(shape)}, {theirs} of {_text(other)}"
                return f"{sizes}: resize or crop both to one size"
    return ""


def _source(graph: Graph, layer: GraphLayer) -> str:
    origin = layer.origin(next(iter(layer.kind.path_fields), ""))
    phase = "TRAIN" if graph.state.phase == TRAIN else "TEST"
    return f"layer '{layer.name}' ({phase}{f', {origin}' if origin else ''})"


def _shapes(graph: Graph, tops: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
    blobs = (graph.blobs[top] for top in tops)
    return [(blob.name, tuple(blob.shape)) for blob in blobs if blob.shape]


def _text(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape[1:]))
