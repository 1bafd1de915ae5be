"""Write a net as Caffe reads it: with numbers in the place of what is decided while it is wired."""

from __future__ import annotations

from layerzoo.errors import ConfigError, Fault
from layerzoo.graph import Graph
from layerzoo.graph.by_shape import set_by_shape
from layerzoo.graph.sharing import spread
from layerzoo.loader import Document, emit
from layerzoo.net.wiring import graph_of
from layerzoo.schema import TEST, TRAIN, LayerParameter, NetParameter, NetState


def plain_net(net: NetParameter | Document[NetParameter]) -> NetParameter:
    """A copy of a net without numbers that depend on shapes, and without ``all_params``.

    Layers that are in neither phase stay as they are.

    Raises:
        ConfigError: the net has faults; or a number differs between the phases.
    """
    message = net.message if isinstance(net, Document) else net
    plain = NetParameter()
    plain.CopyFrom(message)
    if not any(layer.by_shape or layer.HasField("all_params") for layer in message.layer):
        return plain
    for graph in [graph_of(net, NetState(phase=phase)) for phase in (TRAIN, TEST)]:
        _settle(message, plain, graph)
    return plain


def _settle(net: NetParameter, plain: NetParameter, graph: Graph) -> None:
    """Write what a graph decides into the layers that are in it."""
    for layer in graph.layers:
        if layer.place is None:
            continue
        written = net.layer[layer.place]
        if not written.by_shape and not written.HasField("all_params"):
            continue
        settled = LayerParameter()
        settled.CopyFrom(written)
        set_by_shape(settled, graph.shapes(layer.own_bottoms))
        if settled.HasField("all_params"):
            bottoms = graph.shapes(layer.own_bottoms)
            spread(settled, layer.kind.all_params(layer.param, bottoms))
        before = plain.layer[layer.place]
        if before not in (written, settled):
            message = "a number that depends on shapes differs between TRAIN and TEST"
            hint = "give the layer twice, once for each phase"
            raise ConfigError(Fault(message, layer.origin(), hint, layer.name))
        before.CopyFrom(settled)


def with_origins(net: NetParameter, document: Document[NetParameter]) -> str:
    """A net as prototxt, in which each layer that comes from a block has a comment that says from where."""
    rest = NetParameter()
    rest.CopyFrom(net)
    rest.ClearField("layer")
    pieces = [emit(rest, "prototxt")]
    nodes = document.root.all("layer")
    for layer, node in zip(net.layer, nodes, strict=True):
        if node.call is not None:
            pieces.append(f"# {', '.join(map(str, (node.origin, *node.origin.calls)))}\n")
        pieces.append(emit(NetParameter(layer=[layer]), "prototxt"))
    return "".join(pieces)
