"""Derive the net that generates samples: what a net computes without data in the stage ``generate``.

A layer of a self-contained source, such as DummyData with a gaussian filler, gives the noise. What depends on
other data, and losses, are left out; a loss's prediction takes its place, as in deployment. An output that a
loss compares with flattened images gets their shape.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from layerzoo.errors import ZooError, did_you_mean, nearest
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import LAYERS
from layerzoo.loader import load_net
from layerzoo.net import NetConfig, graph_of
from layerzoo.schema import TEST, LayerParameter, NetParameter, NetState
from layerzoo.zoo.deploy import check_numbers, is_loss, is_score, knows_stage, plain_layer, predictions

GENERATE: Final = "generate"
"""The stage."""
_IMAGE: Final = "image"


def generates(message: NetParameter) -> bool:
    """Whether a net has rules for the stage ``generate``."""
    return knows_stage(message, GENERATE)


def generating_net(net: NetConfig, blob: str = "") -> NetParameter:
    """Derive the net that generates samples.

    Args:
        net: its config.
        blob: the blob to generate; by default what the losses judge and what no layer consumes, in the stage
            ``generate``.

    Raises:
        ConfigError: the config has faults.
        ZooError: no rule names the stage and ``blob`` isn't given, ``blob`` is unknown, or what is to be
            generated depends on data.
    """
    source = load_net(net) if isinstance(net, str | Path) else net
    message = source if isinstance(source, NetParameter) else source.message
    staged = generates(message)
    if not staged and not blob:
        raise ZooError(
            f"net '{message.name}' has no rules for the stage '{GENERATE}'; give its layers such rules, as "
            f'include {{ stage: "{GENERATE}" }} for noise in the place of data, or name the blob to generate '
            "by -blob. A net that continues texts takes -text"
        )
    graph = graph_of(source, NetState(phase=TEST, stage=[GENERATE] if staged else []))
    needs = _NeedsOfBlobs(graph)
    wanted = [_named(graph, blob)] if blob else _judged(graph)
    free = [index for index in wanted if not needs.data(index)]
    if not free:
        what = f"blob '{blob}'" if blob else "every output"
        data = next((name for index in wanted for name in needs.data(index)), "data")
        raise ZooError(
            f"net '{graph.name}': {what} depends on layer '{data}', which reads data, in the stage "
            f"'{GENERATE}'; a DummyData layer there gives noise in its place"
        )
    losses = [layer for layer in graph.layers if is_loss(layer) and layer.bottoms[:1] and not blob]
    kept_indices = set().union(*(needs.layers(index) for index in free))
    kept = [layer for layer in graph.layers if layer.index in kept_indices]
    check_numbers(graph, kept)
    made = NetParameter(name=graph.name)
    made.layer.extend(plain_layer(layer.param) for layer in kept)
    judges = [loss for loss in losses if loss.bottoms[0] in free]
    added = predictions(graph, kept, judges)
    made.layer.extend(added)
    made.layer.extend(_as_images(graph, judges, made))
    return made


class _NeedsOfBlobs:
    """Which layers each blob version needs, and which of them read data."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._layers: dict[int, frozenset[int]] = {}

    def layers(self, blob: int) -> frozenset[int]:
        """Indices of the layers that a blob version is computed by."""
        for layer in self._graph.layers if not self._layers else ():
            above = frozenset((layer.index,)).union(*(self._layers[bottom] for bottom in layer.bottoms))
            for top in layer.tops:
                self._layers[top] = above
        return self._layers[blob]

    def data(self, blob: int) -> list[str]:
        """Names of the layers among them that read data."""
        read = (self._graph.layers[index] for index in sorted(self.layers(blob)))
        return [
            layer.name
            for layer in read
            if layer.kind.is_data and not LAYERS[layer.kind.type_name].self_contained
        ]


def _named(graph: Graph, name: str) -> int:
    """The last version of a blob.

    Raises:
        ZooError: the net has none of that name.
    """
    versions = [blob.index for blob in graph.blobs if blob.name == name]
    if not versions:
        names = sorted({blob.name for blob in graph.blobs})
        hint = did_you_mean(nearest(name, names, 3)) or f"known are {', '.join(names)}"
        raise ZooError(f"net '{graph.name}' has no blob '{name}'; {hint}")
    return versions[-1]


def _judged(graph: Graph) -> list[int]:
    """The blobs that losses judge, and the outputs of other layers than losses and data."""
    passed_over = {layer.index for layer in graph.layers if is_score(layer) or layer.kind.is_data}
    judged = [layer.bottoms[0] for layer in graph.layers if is_loss(layer) and layer.bottoms]
    judged = [index for index in judged if graph.blobs[index].producer not in passed_over]
    outputs = [blob.index for blob in graph.outputs if blob.producer not in passed_over]
    return list(dict.fromkeys([*judged, *outputs]))


def _as_images(graph: Graph, judges: Iterable[GraphLayer], made: NetParameter) -> Iterable[LayerParameter]:
    """A layer that gives a flat output the shape of the images that it is compared with."""
    for loss in judges:
        shape = _shape_before_flattening(graph, loss)
        flat = graph.blobs[loss.bottoms[0]].shape
        if shape is None or flat is None or len(flat) != 2 or len(shape) != 4:
            continue
        name = graph.blobs[loss.bottoms[0]].name
        last = next(
            (layer for layer in made.layer if layer.bottom[:1] == [name] and _is_made(layer, loss)), None
        )
        layer = LayerParameter(
            name=_IMAGE, type="Reshape", bottom=[last.top[0] if last else name], top=[_IMAGE]
        )
        layer.reshape_param.shape.dim.extend([0, *shape[1:]])
        yield layer
        return


def _is_made(layer: LayerParameter, loss: GraphLayer) -> bool:
    """Whether a layer is the prediction of a loss."""
    return layer.type == LAYERS[loss.kind.type_name].prediction


def _shape_before_flattening(graph: Graph, loss: GraphLayer) -> tuple[int, ...] | None:
    """The shape of what a loss compares its first bottom with, before a layer of one bottom flattened it."""
    if len(loss.bottoms) < 2:
        return None
    blob = graph.blobs[loss.bottoms[1]]
    size = blob.count
    while (producer := graph.layers[blob.producer]) and len(producer.bottoms) == 1:
        blob = graph.blobs[producer.bottoms[0]]
        if blob.count != size:
            return None
    return blob.shape
