"""Derive the files and facts of an entry from a net's config and weights.

These are the net for deployment, the preprocessing of images, the class labels, and the golden pair.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from layerzoo.data import DataLayer
from layerzoo.data.described_sets import class_names, set_name
from layerzoo.data.fitted import fitted_text, parsed_layer
from layerzoo.errors import LayerzooError
from layerzoo.graph import Graph
from layerzoo.layer import LAYERS
from layerzoo.loader import Document, emit, load_net
from layerzoo.net import Net, graph_of
from layerzoo.net.target_scales import is_regression
from layerzoo.schema import TEST, TRAIN, NetParameter, NetState
from layerzoo.zoo.card import SAMPLES, TEXT
from layerzoo.zoo.deploy import deploy_net
from layerzoo.zoo.entry import DEPLOY, GENERATING, GOLDEN, INPUTS, LABELS, MEAN, NUMBERS
from layerzoo.zoo.generating import generates, generating_net
from layerzoo.zoo.golden import golden_pair
from layerzoo.zoo.preprocessing import Preprocessing, preprocessing_of

log = logging.getLogger("layerzoo")


@dataclass
class Description:
    """Files and facts of an entry.

    Attributes:
        files: contents by file name.
        facts: fields of the manifest.
    """

    files: dict[str, bytes | Path] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


def describe(
    net: Path, weights: Path, preprocessing: Preprocessing | None = None, beside: Path | None = None
) -> Description:
    """Derive the files and facts of a net's entry.

    What can't be derived, because data is missing or a layer is unknown, is left out with a warning.

    Args:
        net: config file.
        weights: weights file.
        preprocessing: preprocessing of images, if the config's data layer doesn't define it.
        beside: base folder of relative paths in the config; None for the folder of the config.
    """
    description = Description()
    try:
        document = load_net(net)
        if beside is not None:
            document = replace(document, path=beside / net.name)
        graph = graph_of(document, NetState(phase=TEST))
        _describe_data(graph, description)
        if inputs := fitted_text(_trained(document, graph), graph):
            description.files[INPUTS] = portable_inputs(inputs)
            layer = parsed_layer(inputs, INPUTS)
            kind = LAYERS[layer.type]
            if issubclass(kind, DataLayer) and kind.continuation(layer) is not None:
                description.facts["generates"] = TEXT
        if preprocessing is not None:
            description.facts["preprocessing"] = preprocessing.facts()
        _describe_generating(document, description)
        message = deploy_net(document)
        deployed = Net(message, "TEST")
        deployed.load_weights(weights)
        description.files[DEPLOY] = emit(message, "prototxt").encode()
        whole = describe_deployed(deployed, _real_inputs(graph, deployed))
        description.files |= whole.files
        description.facts |= whole.facts
    except (LayerzooError, OSError) as error:
        log.warning("The entry has no net for deployment, so classify can't use it: %s", error)
    return description


def _describe_data(graph: Graph, description: Description) -> None:
    found = preprocessing_of(graph)
    if found is not None:
        description.facts["preprocessing"] = found[0].facts()
        if found[1] is not None:
            buffer = io.BytesIO()
            np.save(buffer, found[1])
            description.files[MEAN] = buffer.getvalue()
    if name := set_name(graph):
        description.facts["dataset"] = name
    if labels := class_names(graph):
        description.files[LABELS] = "".join(f"{label}\n" for label in labels).encode()
    if is_regression(graph):
        description.facts["predicts"] = NUMBERS


def _describe_generating(document: Document[NetParameter], description: Description) -> None:
    if generates(document.message):
        try:
            message = generating_net(document)
        except LayerzooError as error:
            log.warning("The entry has no net that generates samples: %s", error)
        else:
            description.files[GENERATING] = emit(message, "prototxt").encode()
            description.facts["generates"] = SAMPLES


def _trained(document: Document[NetParameter], tested: Graph) -> Graph:
    """The graph of the net that trains; of the one that tests if it can't be built."""
    try:
        return graph_of(document, NetState(phase=TRAIN))
    except (LayerzooError, OSError):
        return tested


def portable_inputs(text: str) -> bytes:
    """A fitted data layer as an entry keeps it: its mean image is the entry's own."""
    layer = parsed_layer(text, INPUTS)
    if not layer.transform_param.mean_file:
        return text.encode()
    layer.transform_param.mean_file = MEAN
    return emit(NetParameter(layer=[layer]), "prototxt").encode()


def describe_deployed(net: Net, inputs: Mapping[str, Tensor] | None) -> Description:
    """Facts and golden pair of a net for deployment.

    Args:
        net: the net with its weights.
        inputs: inputs of the golden pair; None for noise.
    """
    graph = net.graph
    facts = {
        "name": graph.name,
        "layers": len(graph.layers),
        "params": sum(param.count for param in graph.params),
        "inputs": {name: list(shape) for name, shape in graph.input_shapes().items()},
        "outputs": {blob.name: list(blob.shape or ()) for blob in graph.outputs},
    }
    return Description({GOLDEN: golden_pair(net, inputs)}, {"net": facts})


def _cut(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Truncate a batch to the shape of an input: a recurrent net can be deployed for fewer streams."""
    return tensor[(slice(None), *(slice(0, size) for size in shape[1 : tensor.dim()]))]


def _real_inputs(tested: Graph, deployed: Net) -> dict[str, Tensor] | None:
    """The first samples of the TEST net's own data; None if it doesn't provide all inputs."""
    sources = NetParameter(name="data")
    sources.layer.extend(layer.param for layer in tested.layers if layer.kind.is_data)
    try:
        data = Net(sources, state=NetState(phase=TEST, stage=tested.state.stage))
        with torch.no_grad():
            blobs = data()
        for layer in data.data_layers:
            layer.close()  # type: ignore[operator]  # every data layer that reads a source has it
    except (LayerzooError, OSError, AttributeError):
        return None
    wanted = deployed.graph.input_shapes()
    fitting = {name: _cut(tensor, wanted[name]) for name, tensor in blobs.items() if name in wanted}
    fitting = {
        name: tensor for name, tensor in fitting.items() if tuple(tensor.shape[1:]) == wanted[name][1:]
    }
    return fitting if fitting.keys() == wanted.keys() else None
