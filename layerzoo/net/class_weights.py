"""Weights of classes that losses take from the labels of the training source (``class_weights: AUTO``)."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from layerzoo.data import DataLayer
from layerzoo.data.draws import Ints
from layerzoo.errors import ConfigError, DataError, Fault, LayerFault
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import LAYERS
from layerzoo.schema import TRAIN

log = logging.getLogger("layerzoo")


def settle_class_weights(graph: Graph, trained: Graph | None = None) -> None:
    """Give numbers to the losses of a graph whose ``class_weights`` are AUTO, in place.

    Args:
        graph: the graph.
        trained: the graph of the net that is trained, whose params a test net shares: it has the numbers.

    Raises:
        ConfigError: a loss has no source with one label for each sample.
        DataError: a label is not one of the net's classes.
    """
    for layer in graph.layers:
        if layer.kind.type_name not in LAYERS:
            continue
        kind = LAYERS[layer.kind.type_name]
        classes = kind.counted_classes(layer.param, graph.shapes(layer.own_bottoms))
        if classes is None:
            continue
        weights = _known(layer, trained)
        if weights is None:
            try:
                weights = balanced_weights(_labels(graph, layer), classes, _ignored(layer))
            except LayerFault as fault:
                origin = layer.origin(fault.field or "")
                raise ConfigError(Fault(fault.message, origin, fault.hint, layer.name)) from None
            shown = ", ".join(f"{weight:.4g}" for weight in weights[:20])
            more = f", ... ({classes} classes)" if classes > 20 else ""
            log.info("class weights of layer '%s': %s%s", layer.name, shown, more)
        layer.param.loss_param.auto_class_weights = False
        layer.param.loss_param.class_weights[:] = weights


def balanced_weights(labels: Ints, classes: int, ignored: int | None = None) -> list[float]:
    """A weight for each class, with which all classes weigh alike and labels weigh 1 on average.

    Args:
        labels: the label of each sample.
        classes: number of classes; one without labels has weight 1.
        ignored: a label that doesn't count.

    Raises:
        DataError: a label is not one of the classes.
    """
    counted = labels if ignored is None else labels[labels != ignored]
    bad = counted[(counted < 0) | (counted >= classes)]
    if len(bad):
        raise DataError(f"class_weights: AUTO: label {bad[0]} is out of range; 0 to {classes - 1} exist")
    counts = np.bincount(counted, minlength=classes)
    present = counts > 0
    shares = np.ones(classes)
    shares[present] = counts.sum() / (present.sum() * counts[present])
    return [float(share) for share in shares]


def _known(layer: GraphLayer, trained: Graph | None) -> Sequence[float] | None:
    """The weights of the loss of the same name in the net that is trained."""
    for other in () if trained is None else trained.layers:
        if other.name == layer.name and other.param.loss_param.class_weights:
            return list(other.param.loss_param.class_weights)
    return None


def _ignored(layer: GraphLayer) -> int | None:
    loss = layer.param.loss_param
    return loss.ignore_label if loss.HasField("ignore_label") else None


def _labels(graph: Graph, loss: GraphLayer) -> Ints:
    """The labels of the training source that a loss reads."""
    training = graph if graph.state.phase == TRAIN or graph.training is None else graph.training()
    same = next((each for each in training.layers if each.name == loss.name), None)
    source = None if same is None or len(same.bottoms) < 2 else source_of(training, same.bottoms[1])
    field = "loss_param.auto_class_weights"
    if source is None:
        message = "class_weights: AUTO needs labels that come from a data layer in TRAIN"
        raise LayerFault(message, field=field, hint="give a list of weights")
    layer = LAYERS[source.kind.type_name].build(source.param, [], 0, source.name)
    assert isinstance(layer, DataLayer)
    try:
        labels = layer.source.labels()
    finally:
        layer.close()
    if labels is None:
        message = f"class_weights: AUTO needs one label for each sample; those of '{source.name}' are others"
        raise LayerFault(message, field=field, hint="give a list of weights")
    return labels


def source_of(graph: Graph, blob: int) -> GraphLayer | None:
    """The data layer from which a blob comes, by the first bottoms of the layers in between."""
    while True:
        layer = graph.layers[graph.blobs[blob].producer]
        name = layer.kind.type_name
        if name in LAYERS and issubclass(LAYERS[name], DataLayer):
            return layer
        if not layer.bottoms:
            return None
        blob = layer.bottoms[0]
