"""Values for a net's inputs, drawn at random to suit who reads them: images, labels, indices, flags."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from layerzoo.graph import Blob, Graph, GraphLayer

_CLASSES: Final = frozenset(
    ("Accuracy", "HingeLoss", "InfogainLoss", "MultinomialLogisticLoss", "SoftmaxWithLoss")
)
_FLAGS: Final = {
    "ContrastiveLoss": 2,
    "Filter": -1,
    "LSTM": 1,
    "RNN": 1,
    "SigmoidCrossEntropyLoss": 1,
}
"""Bottoms of zeros and ones, by index; -1 is the last."""
_PASSING: Final = frozenset(("Concat", "Flatten", "Reshape", "Slice", "Split", "Tile"))


def draw(graph: Graph, seed: int = 0) -> dict[int, Tensor]:
    """A tensor for each input of a graph, by blob index.

    Raises:
        ConfigError: an input has no shape.
    """
    shapes = graph.input_shapes()
    generator = torch.Generator().manual_seed(seed)
    drawn = {}
    for blob in graph.inputs:
        below = _below(graph, blob)
        shape = shapes[blob.name]
        if below is None:
            drawn[blob.index] = torch.randn(shape, generator=generator)
        else:
            drawn[blob.index] = torch.randint(0, max(1, below), shape, generator=generator).float()
    return drawn


def _below(graph: Graph, blob: Blob) -> int | None:
    """The bound that whole numbers in a blob have to stay below; None where any number will do."""
    bounds: list[int] = []
    seen, open_ = {blob.index}, [blob]
    while open_:
        for index, bottom in open_.pop().consumers:
            layer = graph.layers[index]
            bound = _bound(graph, layer, bottom)
            if bound is not None:
                bounds.append(bound)
            elif layer.kind.type_name in _PASSING:
                fresh = [graph.blobs[top] for top in layer.tops if top not in seen]
                seen.update(top.index for top in fresh)
                open_ += fresh
    return min(bounds, default=None)


def _bound(graph: Graph, layer: GraphLayer, bottom: int) -> int | None:
    kind = layer.kind.type_name
    shapes = graph.shapes(layer.bottoms)
    if kind in _CLASSES and bottom == 1:
        axis = {
            "Accuracy": layer.param.accuracy_param.axis,
            "InfogainLoss": layer.param.infogain_loss_param.axis,
            "SoftmaxWithLoss": layer.param.softmax_param.axis,
        }.get(kind, 1)
        return shapes[0][axis]
    if kind == "Embed":
        return layer.param.embed_param.input_dim
    if kind == "BatchReindex" and bottom == 1:
        return shapes[0][0]
    if kind in _FLAGS and bottom == _FLAGS[kind] % len(shapes):
        return 2
    return None
