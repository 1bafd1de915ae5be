"""Insert Split layers, so that every blob has one consumer."""

from __future__ import annotations

from layerzoo.graph.backward import mark_backward
from layerzoo.graph.facts import LayerTypes
from layerzoo.graph.model import Blob, Graph, GraphLayer
from layerzoo.graph.param_blobs import blob_slots
from layerzoo.schema import LayerParameter


def insert_splits(graph: Graph, types: LayerTypes) -> Graph:
    """Insert a ``Split`` layer behind each blob that several layers consume, with Caffe's names.

    Blob ``ip2`` of layer ``ip2`` becomes ``ip2_ip2_0_split_0``, ``ip2_ip2_0_split_1``, ... A ``loss_weight``
    of a blob counts as its first consumer. The layers of ``graph`` are changed and moved to the new graph.
    Source: Caffe's ``InsertSplits``.

    Args:
        graph: the graph; it must not be used afterwards.
        types: the layer types, among them ``Split``.

    Returns:
        the new graph.
    """
    return _Splitter(graph, types).run()


def _read(layer: LayerParameter, position: int, name: str) -> None:
    """Let a layer read another blob at a place of `blobs_read`."""
    count = len(layer.bottom)
    if position < count:
        layer.bottom[position] = name
    else:
        layer.param[list(blob_slots(layer))[position - count]].blob = name


class _Splitter:
    def __init__(self, graph: Graph, types: LayerTypes) -> None:
        self.old = graph
        self.types = types
        self.new = Graph(
            graph.name,
            graph.state,
            params=graph.params,
            force_backward=graph.force_backward,
            skipped=graph.skipped,
            warnings=graph.warnings,
        )
        self.renewed: dict[tuple[int, int, int], int] = {}
        """The new blob for each (old blob, old consumer, bottom of that consumer)."""
        self.weights: list[float] = []
        """The loss weights of the current layer's tops."""

    def run(self) -> Graph:
        """Build the new graph."""
        places: dict[int, int] = {}
        for layer in self.old.layers:
            self._rewire_bottoms(layer)
            places[layer.index] = layer.index = len(self.new.layers)
            old_tops, layer.tops = layer.tops, ()
            self.weights = list(layer.loss_weights)
            self.new.layers.append(layer)
            layer.tops = tuple(self._add_blob(self.old.blobs[top], layer.index) for top in old_tops)
            for position, (before, after) in enumerate(zip(old_tops, layer.tops, strict=True)):
                self._split(layer, position, self.old.blobs[before], after)
            layer.loss_weights = tuple(self.weights)
        for param in self.new.params:
            param.users = [(places[layer], index) for layer, index in param.users]
        mark_backward(self.new)
        return self.new

    def _rewire_bottoms(self, layer: GraphLayer) -> None:
        bottoms = []
        for position, blob in enumerate(layer.bottoms):
            index = self.renewed[blob, layer.index, position]
            _read(layer.param, position, self.new.blobs[index].name)
            self.new.blobs[index].consumers.append((len(self.new.layers), position))
            bottoms.append(index)
        layer.bottoms = tuple(bottoms)

    def _add_blob(self, old: Blob, producer: int) -> int:
        self.new.blobs.append(Blob(len(self.new.blobs), old.name, producer, old.shape))
        return len(self.new.blobs) - 1

    def _split(self, layer: GraphLayer, position: int, old: Blob, index: int) -> None:
        """Add a Split behind a top that has several consumers."""
        weight = layer.param.loss_weight[position] if position < len(layer.param.loss_weight) else 0.0
        uses = len(old.consumers) + bool(weight)
        if uses <= 1:
            for consumer in old.consumers:
                self.renewed[old.index, *consumer] = index
            return
        name = f"{old.name}_{layer.config_name or layer.name}_{position}_split"
        param = LayerParameter(name=name, type="Split", bottom=[old.name], phase=layer.param.phase)
        param.top.extend(f"{name}_{k}" for k in range(uses))
        weights = [0.0] * uses
        if weight:
            layer.param.loss_weight[position] = 0.0
            self.weights[position] = 0.0
            weights[0] = weight
            param.loss_weight.extend(weights)
        split = GraphLayer(len(self.new.layers), name, param, self.types["Split"], layer.node)
        split.bottoms, split.propagate_down = (index,), (True,)
        split.loss_weights = tuple(weights)
        self.new.layers.append(split)
        self.new.blobs[index].consumers.append((split.index, 0))
        shape = self.new.blobs[index].shape
        tops = []
        for top_name in param.top:
            tops.append(len(self.new.blobs))
            self.new.blobs.append(Blob(tops[-1], top_name, split.index, shape))
        split.tops = tuple(tops)
        for consumer, top in zip(old.consumers, tops[bool(weight) :], strict=True):
            self.renewed[old.index, *consumer] = top
