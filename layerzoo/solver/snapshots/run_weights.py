"""Weights files of a run: the layers of its training net, and those that only its test nets have.

A test net can have layers that the training net lacks, for example one that shares a trained layer's
params by name. A TEST net can be restored from a run's weights only if they hold such layers too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from layerzoo.blobs.named import NamedBlobs
from layerzoo.net import Net
from layerzoo.schema import NetParameter
from layerzoo.weights import LoadReport, load, open_weights, save


def run_weights(net: Net, test_nets: Sequence[Net]) -> dict[str, NamedBlobs[Tensor]]:
    """The blobs of all layers of a run, by layer name.

    Args:
        net: the training net; its layers come first.
        test_nets: the test nets. If several of them have a layer, the blobs of the first net are used.
    """
    weights = dict(net.weights)
    for test_net in test_nets:
        for name, blobs in test_net.weights.items():
            weights.setdefault(name, blobs)
    return weights


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
    layers = [layer.param for layer in net.graph.layers]
    added = weights.keys() - net.weights.keys()
    for layer in (layer for test_net in test_nets for layer in test_net.graph.layers):
        if layer.name in added:
            layers.append(layer.param)
            added.remove(layer.name)
    message = NetParameter(name=net.name, layer=layers)
    save(weights, path, message, net.param_places.gradients() if diffs else None)


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
    trained = net.weights
    with open_weights(path) as stored:
        added = stored.keys() - trained.keys()
    extra = {name: blobs for name, blobs in run_weights(net, test_nets).items() if name in added}
    report = load({**extra, **trained}, path, strict, lenient)  # the training net's values win
    for test_net in test_nets[1:]:
        own = {name: blobs for name, blobs in _own(test_net, net).items() if name in added}
        load(own, path, lenient=True)
    return report


def _own(test_net: Net, net: Net) -> dict[str, NamedBlobs[Tensor]]:
    """The blobs of a test net that it does not share with the training net, by layer name."""
    trained = {blob.data_ptr() for blobs in net.weights.values() for blob in blobs}
    own: dict[str, NamedBlobs[Tensor]] = {}
    for layer, blobs in test_net.weights.items():
        pairs = zip(blobs, blobs.names, strict=True)
        named = [(blob, name) for blob, name in pairs if blob.data_ptr() not in trained]
        if named:
            own[layer] = NamedBlobs((blob for blob, _ in named), (name for _, name in named))
    return own
