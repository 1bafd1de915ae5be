"""Derive the net for deployment from the net for training and testing.

Inputs replace data layers, and predictions replace losses: Softmax for SoftmaxWithLoss, Sigmoid for
SigmoidCrossEntropyLoss; where targets were normalised, predictions get their mean and unit back. If the net
has rules for the stage ``deploy``, they decide instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from layerzoo.blobs.named import LayerId, layer_ids
from layerzoo.errors import ConfigError, ZooError
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import LAYERS
from layerzoo.loader import load_net
from layerzoo.net import NetConfig, graph_of
from layerzoo.net.target_scales import target_scales
from layerzoo.schema import TEST, LayerParameter, NetParameter, NetState

STAGE: Final = "deploy"

_PREDICTION: Final = "prob"
_IN_UNITS: Final = "prediction"
_FILLERS: Final = ("weight_filler", "bias_filler")


def deploy_graph(net: NetConfig) -> Graph:
    """The graph of a net in the TEST phase, with the stage ``deploy`` if its rules use it.

    Raises:
        ConfigError: the net has faults.
    """
    source = load_net(net) if isinstance(net, str | Path) else net
    message = source if isinstance(source, NetParameter) else source.message
    return graph_of(source, NetState(phase=TEST, stage=[STAGE] if knows_stage(message, STAGE) else []))


def deploy_net(net: NetConfig) -> NetParameter:
    """Derive the net for deployment; for such a net, only training settings are removed.

    Raises:
        ConfigError: the net has faults.
        ZooError: no layer is left, or of two layers of one name only the second is.
    """
    graph = deploy_graph(net)
    own_shapes = STAGE in graph.state.stage
    kept = _without_scores(graph)
    check_numbers(graph, kept)
    message = NetParameter(name=graph.name)
    message.layer.extend(_inputs(graph, kept))
    message.layer.extend(plain_layer(layer.param) for layer in kept)
    message.layer.extend(predictions(graph, kept, _main_losses(graph)))
    message.layer.extend(_in_units(graph, kept))
    if not message.layer:
        raise ZooError(f"net '{graph.name}' has nothing to deploy: it consists of data layers and losses")
    return message if own_shapes else _single(message)


def knows_stage(message: NetParameter, stage: str) -> bool:
    """Whether a rule of a net's layers names a stage."""
    rules = (rule for layer in message.layer for rule in (*layer.include, *layer.exclude))
    return any(stage in (*rule.stage, *rule.not_stage) for rule in rules)


def _without_scores(graph: Graph) -> list[GraphLayer]:
    """The layers between the data and the scores, in order."""
    main = _main_losses(graph)
    scores = {layer.index for layer in graph.layers if is_score(layer)}
    data = {layer.index for layer in graph.layers if _is_replaced(layer, graph)}
    # Predictions that a main loss takes, and outputs of the net, such as those of the TEST phase.
    wanted = {layer.bottoms[0] for layer in main if layer.bottoms}
    wanted |= {layer.tops[0] for loss in main for layer in graph.layers if _predicts(layer, loss)}
    wanted |= {b.index for b in graph.outputs if b.producer not in scores | data}
    if not main and not wanted:
        wanted = {layer.bottoms[0] for layer in graph.layers if layer.index in scores and layer.bottoms}
    kept: set[int] = set()
    queue = [graph.blobs[index].producer for index in wanted]
    while queue:
        index = queue.pop()
        if index not in kept and index not in scores:
            kept.add(index)
            queue += [graph.blobs[b].producer for b in graph.layers[index].bottoms]
    return [layer for layer in graph.layers if layer.index in kept - data]


def check_numbers(graph: Graph, kept: Sequence[GraphLayer]) -> None:
    """Check that layers of one name keep their numbers, by which they find their weights.

    Raises:
        ZooError: of two layers of one name, deployment leaves out the first.
    """
    before, after = _numbered(graph.layers), _numbered(kept)
    for layer in kept:
        if before.get(layer.index) != after.get(layer.index):
            raise ZooError(
                f"several layers with params are named '{layer.config_name}', and deployment leaves out the "
                "first of them, so that the others would get its weights; rename them"
            )


def _numbered(layers: Iterable[GraphLayer]) -> dict[int, LayerId]:
    """What tells each layer with params from the others, by its index in the graph."""
    holding = [layer for layer in layers if layer.params]
    ids = layer_ids(layer.config_name for layer in holding)
    return {layer.index: layer_id for layer, layer_id in zip(holding, ids, strict=True)}


def _main_losses(graph: Graph) -> list[GraphLayer]:
    """The losses of the highest weight; lower ones belong to auxiliary branches."""
    weighted = [(max(layer.loss_weights, default=0.0), layer) for layer in graph.layers if is_loss(layer)]
    highest = max((weight for weight, _ in weighted), default=0.0)
    return [layer for weight, layer in weighted if weight == highest]


def is_loss(layer: GraphLayer) -> bool:
    """Whether a layer is part of the loss."""
    return layer.kind.is_loss or any(layer.loss_weights)


def is_score(layer: GraphLayer) -> bool:
    """Whether a layer judges predictions, so that a deployed net does without it."""
    return is_loss(layer) or not LAYERS[layer.kind.type_name].deployed


def _is_replaced(layer: GraphLayer, graph: Graph) -> bool:
    """Whether a layer is replaced by an input: data layers, but not constants beside other data."""
    if not layer.kind.is_data:
        return layer.kind.is_input
    if not LAYERS[layer.kind.type_name].self_contained:
        return True
    return all(LAYERS[other.kind.type_name].self_contained for other in graph.layers if other.kind.is_data)


def _predicts(layer: GraphLayer, loss: GraphLayer) -> bool:
    """Whether a layer computes the prediction that belongs to a loss."""
    kind = LAYERS[loss.kind.type_name].prediction
    return layer.kind.type_name == kind and layer.bottoms[:1] == loss.bottoms[:1]


def _inputs(graph: Graph, kept: Iterable[GraphLayer]) -> list[LayerParameter]:
    made = {top for layer in kept for top in layer.tops}
    used = dict.fromkeys(b for layer in kept for b in layer.bottoms if b not in made)
    inputs = []
    for index in used:
        blob = graph.blobs[index]
        layer = LayerParameter(name=blob.name, type="Input", top=[blob.name])
        layer.input_param.shape.add(dim=blob.shape or ())
        inputs.append(layer)
    return inputs


def plain_layer(param: LayerParameter) -> LayerParameter:
    """Copy a layer without fields that only training uses."""
    layer = LayerParameter()
    layer.CopyFrom(param)
    for field in ("phase", "include", "exclude", "loss_weight", "propagate_down", "blobs"):
        layer.ClearField(field)
    if not any(spec.name for spec in layer.param):
        layer.ClearField("param")
    for spec in layer.param:
        for field in ("lr_mult", "decay_mult"):
            spec.ClearField(field)
    for descriptor, value in layer.ListFields():
        if descriptor.message_type is not None and descriptor.name.endswith("_param"):
            for filler in _FILLERS:
                if filler in descriptor.message_type.fields_by_name:
                    value.ClearField(filler)
    return layer


def predictions(
    graph: Graph, kept: Sequence[GraphLayer], losses: Iterable[GraphLayer]
) -> list[LayerParameter]:
    """Prediction layers of losses, such as Softmax, unless the net already has them."""
    taken = {graph.blobs[top].name for layer in kept for top in layer.tops}
    standing = {(layer.kind.type_name, b) for layer in kept for b in layer.bottoms}
    added: list[LayerParameter] = []
    for loss in losses:
        kind, name = LAYERS[loss.kind.type_name].prediction, _PREDICTION
        if not kind or (kind, loss.bottoms[0]) in standing:
            continue
        standing.add((kind, loss.bottoms[0]))
        while name in taken:
            name += "_"
        taken.add(name)
        layer = LayerParameter(name=name, type=kind, bottom=[graph.blobs[loss.bottoms[0]].name], top=[name])
        if loss.param.HasField("softmax_param"):
            layer.softmax_param.CopyFrom(loss.param.softmax_param)
        added.append(layer)
    return added


def _in_units(graph: Graph, kept: list[GraphLayer]) -> list[LayerParameter]:
    """Layers that give predictions of normalised targets their mean and unit back."""
    taken = {graph.blobs[top].name for layer in kept for top in layer.tops}
    added: list[LayerParameter] = []
    for loss in _main_losses(graph):
        scales, blob = target_scales(graph, loss), graph.blobs[loss.bottoms[0]]
        if not scales or blob.producer not in {layer.index for layer in kept}:
            continue
        if len(scales) > 1 and (blob.shape is None or blob.shape[1:] != (len(scales),)):
            continue
        name = _IN_UNITS
        while name in taken:
            name += "_"
        taken.add(name)
        parts = [name] if len(scales) == 1 else [f"{name}_{number}" for number in range(len(scales))]
        sources = [blob.name] if len(scales) == 1 else [f"{part}_normalised" for part in parts]
        if len(scales) > 1:
            added.append(LayerParameter(name=f"{name}_parts", type="Slice", bottom=[blob.name], top=sources))
        for part, source, (mean, std) in zip(parts, sources, scales, strict=True):
            layer = LayerParameter(name=part, type="Power", bottom=[source], top=[part])
            layer.power_param.scale, layer.power_param.shift = std, mean
            added.append(layer)
        if len(scales) > 1:
            added.append(LayerParameter(name=name, type="Concat", bottom=parts, top=[name]))
    return added


def _single(message: NetParameter) -> NetParameter:
    """Set the batch size to 1 if the net builds with it; in recurrent nets the first axis is time."""
    single = NetParameter()
    single.CopyFrom(message)
    for layer in single.layer:
        for shape in layer.input_param.shape:
            if len(shape.dim) > 1:
                shape.dim[0] = 1
    try:
        graph_of(single, NetState(phase=TEST))
    except ConfigError:
        return message
    return single
