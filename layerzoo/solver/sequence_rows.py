"""Nets whose recurrent layers have the rows of a source as steps: each process reads a stream of its own.

Caffe's recurrent nets read sequences along the batch axis: a row is a time step of all streams, or of one of
them. Dealt out one by one, as independent samples are, the steps of a sequence would be separated.
"""

from __future__ import annotations

import logging

from layerzoo.data import DataLayer
from layerzoo.errors import LayerFault
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import LAYERS, Shape
from layerzoo.net import Net
from layerzoo.schema import LayerParameter
from layerzoo.solver.config.global_batch import sized

log = logging.getLogger("layerzoo")


def read_streams(net: Net) -> None:
    """Let each of several processes read a stream of its own if rows of the data are steps of sequences.

    The net's clock is told which losses are sums over samples.
    """
    found = steps_in_rows(net.graph)
    net.clock.summed = losses_of_samples(net)
    if not found:
        return
    for layer in net.data_layers:
        if isinstance(layer, DataLayer) and layer.distributed:
            layer.apart = True
    log.info(
        "Layer '%s': its steps are rows of the data; each process reads a part of them of its own, in order",
        found[0].name,
    )


def steps_in_rows(graph: Graph) -> list[GraphLayer]:
    """The recurrent layers whose steps are rows of a source.

    With batches twice as large, a layer whose samples are sequences has twice as many streams, at least one
    for each sample, and as many steps as before.
    """
    return _LargerBatches(graph).of_steps


def losses_of_samples(net: Net) -> frozenset[int]:
    """The losses, by index of the blob, that are sums over the samples of a batch.

    They have an element for each sample, or are divided by the size of another axis: where steps come first,
    by the number of steps.
    """
    graph = net.graph
    other = _LargerBatches(graph).shapes
    found = {index for index, _ in graph.losses if other.get(index, ()) != (graph.blobs[index].shape or ())}
    for spec, layer in zip(graph.layers, net.ordered_layers(), strict=True):
        if any(spec.loss_weights) and layer.divides_by_first_axis:
            # of a layer that names a size of its own, the shapes for larger batches are not known
            pairs = [(graph.blobs[b].shape or (), other.get(b)) for b in spec.own_bottoms]
            grown = [(before, after) for before, after in pairs if after is not None and before != after]
            if grown and grown[0][0][:1] == grown[0][1][:1]:
                found.add(spec.tops[0])
    return frozenset(found)


def drawing_by_steps(graph: Graph) -> frozenset[str]:
    """Names of layers that draw for elements of a blob whose samples are along axis 1, behind its steps.

    None is known of a blob whose size doesn't follow from a data layer's ``batch_size``.
    """
    drawing = [layer for layer in graph.layers if LAYERS[layer.kind.type_name].draws_for_elements]
    other = _LargerBatches(graph).shapes if drawing else {}
    found = set()
    for layer in drawing:
        before, after = graph.blobs[layer.bottoms[0]].shape or (), other.get(layer.bottoms[0], ())
        if len(before) > 1 and before[:1] == after[:1] and before[1:2] != after[1:2]:
            found.add(layer.name)
    return frozenset(found)


class _LargerBatches:
    """The shapes of a net's blobs for batches twice as large.

    Args:
        graph: the net.

    Attributes:
        shapes: of each blob that depends on the data, where no layer names a size of its own.
        of_steps: recurrent layers whose steps are rows of a source.
    """

    def __init__(self, graph: Graph) -> None:
        self.shapes: dict[int, Shape] = {}
        self.of_steps: list[GraphLayer] = []
        batches: dict[int, int] = {}
        for layer in graph.layers:
            if (source := sized(layer.index, layer.param)) is not None:
                twice = LayerParameter()
                twice.CopyFrom(layer.param)
                getattr(twice, source.message).batch_size = 2 * source.size
                batches |= dict.fromkeys(layer.tops, source.size)
                self.shapes |= _shapes(layer, twice, [])
                continue
            sizes = [batches[blob] for blob in layer.own_bottoms if blob in batches]
            if not sizes:
                continue
            before = [graph.blobs[blob].shape or () for blob in layer.own_bottoms]
            pairs = zip(layer.own_bottoms, before, strict=True)
            after = [self.shapes.get(blob, shape) for blob, shape in pairs]
            if LAYERS[layer.kind.type_name].time_first and layer.own_bottoms[0] in batches:
                (steps, streams), size = before[0][:2], batches[layer.own_bottoms[0]]
                if after[0][:2] != (steps, 2 * streams) or streams % size:
                    self.of_steps.append(layer)
            batches |= dict.fromkeys(layer.tops, max(sizes))
            self.shapes |= _shapes(layer, layer.param, after)


def _shapes(layer: GraphLayer, param: LayerParameter, bottoms: list[Shape]) -> dict[int, Shape]:
    """The shapes of a layer's tops, by blob; none if it names sizes of its own."""
    try:
        shapes = layer.kind.top_shapes(param, bottoms)
    except LayerFault:
        return {}
    return {top: tuple(shape) for top, shape in zip(layer.tops, shapes, strict=False)}
