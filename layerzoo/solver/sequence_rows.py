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
    """Let each of several processes read a stream of its own if rows of the data are steps of sequences."""
    found = steps_in_rows(net.graph)
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

    The shapes are computed again with batches twice as large. A layer whose samples are sequences then has
    twice as many streams, at least one for each sample, and as many steps as before.
    """
    batches: dict[int, int] = {}
    other: dict[int, Shape] = {}
    found = []
    for layer in graph.layers:
        kind = LAYERS[layer.kind.type_name]
        if (source := sized(layer.index, layer.param)) is not None:
            twice = LayerParameter()
            twice.CopyFrom(layer.param)
            getattr(twice, source.message).batch_size = 2 * source.size
            batches |= dict.fromkeys(layer.tops, source.size)
            other |= _shapes(layer, twice, [])
            continue
        sizes = [batches[blob] for blob in layer.own_bottoms if blob in batches]
        if not sizes:
            continue
        before = [graph.blobs[blob].shape or () for blob in layer.own_bottoms]
        after = [other.get(blob, shape) for blob, shape in zip(layer.own_bottoms, before, strict=True)]
        if kind.time_first and layer.own_bottoms[0] in batches:
            (steps, streams), size = before[0][:2], batches[layer.own_bottoms[0]]
            if after[0][:2] != (steps, 2 * streams) or streams % size:
                found.append(layer)
        batches |= dict.fromkeys(layer.tops, max(sizes))
        other |= _shapes(layer, layer.param, after)
    return found


def _shapes(layer: GraphLayer, param: LayerParameter, bottoms: list[Shape]) -> dict[int, Shape]:
    """The shapes of a layer's tops, by blob; none if it names sizes of its own."""
    try:
        shapes = layer.kind.top_shapes(param, bottoms)
    except LayerFault:
        return {}
    return {top: tuple(shape) for top, shape in zip(layer.tops, shapes, strict=False)}
