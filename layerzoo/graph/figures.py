"""Count a net's params, multiply-adds and bytes, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass, field

from layerzoo.graph.model import Graph, GraphLayer

_FLOAT_BYTES = 4


@dataclass(frozen=True)
class LayerFigures:
    """The figures of one layer.

    Attributes:
        layer: the layer.
        params: number of learned values that it owns; running statistics don't count.
        macs: multiply-adds of a forward pass over the whole batch.
        bytes: bytes of its tops in float32; 0 for a top in place.
    """

    layer: GraphLayer
    params: int
    macs: int
    bytes: int


@dataclass
class Figures:
    """The figures of a net: those of its layers in order, and their sums."""

    layers: list[LayerFigures] = field(default_factory=list)

    @property
    def params(self) -> int:
        """Number of learned values; a shared param counts once."""
        return sum(layer.params for layer in self.layers)

    @property
    def macs(self) -> int:
        """Multiply-adds of a forward pass over the whole batch."""
        return sum(layer.macs for layer in self.layers)

    @property
    def bytes(self) -> int:
        """Bytes of all tops in float32, those in place once."""
        return sum(layer.bytes for layer in self.layers)


def figures_of(graph: Graph) -> Figures:
    """Compute the figures of a net."""
    return Figures([_of(graph, layer) for layer in graph.layers])


def _of(graph: Graph, layer: GraphLayer) -> LayerFigures:
    own = (graph.params[index] for index in dict.fromkeys(layer.params))
    learned = sum(p.count for p in own if p.users[0][0] == layer.index and p.own.learns)
    overwritten = {graph.blobs[b].name for b in layer.bottoms}
    tops = (graph.blobs[top] for top in layer.tops)
    size = sum(_FLOAT_BYTES * top.count for top in tops if top.name not in overwritten)
    return LayerFigures(layer, learned, graph.macs(layer), size)
