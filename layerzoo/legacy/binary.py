"""Read binary nets and solvers as node trees, so that the upgrades of text also apply to them.

The message is printed as text and the text is read, so that a fault can show its line. Blobs are kept apart.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from google.protobuf import text_format
from google.protobuf.message import DecodeError

from layerzoo.errors import ConfigError, Fault
from layerzoo.nodes import Node, prototxt
from layerzoo.schema import BlobProto, NetParameter, SolverParameter, legacy_net
from layerzoo.source import Source


class BinaryNet(NamedTuple):
    """A net of any format, read from a binary file.

    Attributes:
        root: its tree, not yet upgraded.
        blobs: the node and the blobs of each layer that has blobs.
    """

    root: Node
    blobs: list[tuple[Node, list[BlobProto]]]

    def restore_blobs(self, net: NetParameter) -> None:
        """Add the blobs to the net that the upgraded tree was bound to."""
        of = {id(node): blobs for node, blobs in self.blobs}
        for node, layer in zip(self.root.all("layer"), net.layer, strict=True):
            layer.blobs.extend(of.get(id(node), []))


def read_net(data: bytes, name: str) -> BinaryNet:
    """Read a binary net (a ``.caffemodel``) of any of Caffe's formats.

    Args:
        data: the file's content.
        name: the file's name in messages.

    Raises:
        ConfigError: it is not a net, or damaged.
    """
    net = legacy_net()()
    try:
        net.ParseFromString(data)
    except DecodeError as error:
        raise ConfigError(
            Fault(
                f"{name} is not a binary net: {error}",
                hint="it may be truncated, or written by a fork of Caffe with other field numbers",
            )
        ) from None
    if not net.input_shape and not net.input_dim:
        del net.input[:]  # Caffe wrote them into old weights files, where they have no meaning
    blobs = [_take_blobs(old.layer if old.HasField("layer") else old) for old in net.layers]
    blobs += [_take_blobs(layer) for layer in net.layer]
    root = _tree(text_format.MessageToString(net, as_utf8=True), name)
    nodes = root.all("layers") + root.all("layer")
    return BinaryNet(root, [pair for pair in zip(nodes, blobs, strict=True) if pair[1]])


def read_solver(data: bytes, name: str) -> Node:
    """Read a binary solver.

    Args:
        data: the file's content.
        name: the file's name in messages.

    Raises:
        ConfigError: it is not a solver, or damaged.
    """
    try:
        solver = SolverParameter.FromString(data)
    except DecodeError as error:
        raise ConfigError(Fault(f"{name} is not a binary solver: {error}")) from None
    return _tree(text_format.MessageToString(solver, as_utf8=True), name)


def _take_blobs(layer: Any) -> list[BlobProto]:
    """Remove the blobs of a layer and return them."""
    blobs = list(layer.blobs)
    del layer.blobs[:]
    return blobs


def _tree(text: str, name: str) -> Node:
    faults: list[Fault] = []
    root = prototxt.read(Source(name, text), faults)
    if faults:
        raise ConfigError(faults)
    return root
