"""Build nets that templates write, after data of given shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from layerzoo.graph import Graph
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TEST, TRAIN, NetState


def built(layers: str, shapes: Mapping[str, Sequence[int]], train: bool = False) -> Graph:
    """The graph of layers below inputs of the given shapes."""
    inputs = "".join(
        f"  - {{name: {name}, type: Input, top: {name}, input_param: {{shape: {{dim: {list(shape)}}}}}}}\n"
        for name, shape in shapes.items()
    )
    document = parse_net(f"layer:\n{inputs}{layers}", format="yaml")
    return graph_of(document, NetState(phase=TRAIN if train else TEST))


def shape_of(graph: Graph, name: str) -> tuple[int, ...]:
    """The shape of the last version of a blob."""
    shape = graph.blobs[graph.last[name].index].shape
    assert shape is not None
    return tuple(shape)
