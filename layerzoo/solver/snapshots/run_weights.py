"""Weights files of a run: the layers of its training net, and those that only its test nets have.

A test net can have layers that the training net lacks, for example one that shares a trained layer's
params by name. A TEST net can be restored from a run's weights only if they hold such layers too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from layerzoo.blobs.named import LayerId, NamedBlobs, by_id, keyed
from layerzoo.net import Net
from layerzoo.schema import NetParameter
from layerzoo.weights import LoadReport, load, open_weights, save


def run_weights(net: Net, test_nets: Sequence[Net]) -> dict[str, NamedBlobs[Tensor]]:
    """The blobs of all layers of a run, by layer name.

    Args:
        net: the training net; its layers come first.
        test_nets: the test nets. If several of them have a layer, the blobs of the first net are used.
    """
    weights = {blobs.layer: blobs for blobs in net.weights.values()}
    for test_net in test_nets:
        for blobs in test_net.weights.values():
            weights.setdefault(blobs.layer, blobs)
    return keyed({layer: blobs for layer, blobs in weights.items() if layer is not None})


def save_run_weights(path: str | Path, net: Net, test_nets: Sequence[Net], diffs: bool = False) -> None:
    """Write the weights of a run in the format of the suffix.

    Args:
        path: ``.caffemodel``, ``.h5`` or ``.safetensors``.
        net: the training net.
        test_nets: the test nets.
        diffs: write the gradients of the training net too; Caffe's formats only.

    Raises:
        WeightsError: the suffix is unknown, or the format can't hold the params.
        OSError: the file can't be written.
    """
    weights = run_weights(net, test_nets)
    message = run_message(net, test_nets, weights)
    save(weights, path, message, net.param_places.gradients() if diffs else None)


def run_message(
    net: Net, test_nets: Sequence[Net], weights: Mapping[str, NamedBlobs[Tensor]]
) -> NetParameter:
    """The message of a run's net, with the layers that only its test nets have.

    Args:
        net: the training net.
        test_nets: the test nets.
        weights: their `run_weights`; those of added layers get their places in the message.
    """
    layers = [layer.param for layer in net.graph.layers]
    trained = _ids(net)
    added = {blobs.layer: blobs for blobs in weights.values() if blobs.layer not in trained}
    for test_net in test_nets:
        for index, layer_id in test_net.param_places.ids.items():
            if layer_id in added:
                added.pop(layer_id).place = len(layers)
                layers.append(test_net.graph.layers[index].param)
    return NetParameter(name=net.name, layer=layers)


def load_run_weights(
    path: str | Path, net: Net, test_nets: Sequence[Net], strict: bool = False, lenient: bool = False
) -> LoadReport:
    """Copy weights from a file into the nets of a run.

    Layers that only test nets have may be missing from the file, as in Caffe's files and older snapshots.

    Args:
        path: the file.
        net: the training net.
        test_nets: the test nets.
        strict: skipped, missing and mismatched blobs are an error, and nothing is copied.
        lenient: a file without a matching blob is accepted.

    Raises:
        WeightsError: the file can't be read, none of its blobs matches, or ``strict`` is violated.
    """
    trained = _ids(net)
    with open_weights(path) as stored:
        added = by_id(stored).keys() - trained
    weights = run_weights(net, test_nets)
    extra = {key: blobs for key, blobs in weights.items() if blobs.layer in added}
    own = {key: blobs for key, blobs in weights.items() if blobs.layer in trained}
    report = load({**extra, **own}, path, strict, lenient)  # the training net's values win
    for test_net in test_nets[1:]:
        own = {key: blobs for key, blobs in _own(test_net, net).items() if blobs.layer in added}
        load(own, path, lenient=True)
    return report


def _ids(net: Net) -> set[LayerId]:
    return {blobs.layer for blobs in net.weights.values() if blobs.layer is not None}


def _own(test_net: Net, net: Net) -> dict[str, NamedBlobs[Tensor]]:
    """The blobs of a test net that it does not share with the training net, by layer name."""
    trained = {blob.data_ptr() for blobs in net.weights.values() for blob in blobs}
    own: dict[str, NamedBlobs[Tensor]] = {}
    for layer, blobs in test_net.weights.items():
        pairs = zip(blobs, blobs.names, strict=True)
        named = [(blob, name) for blob, name in pairs if blob.data_ptr() not in trained]
        if named:
            own[layer] = NamedBlobs((blob for blob, _ in named), (name for _, name in named), blobs.layer)
    return own
