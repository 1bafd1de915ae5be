"""The graph of a subnet that a layer runs, for the shapes that it gets there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from layerzoo.errors import ConfigError, Fault, LayerFault
from layerzoo.graph import Graph, GraphLayer, build_graph, includes
from layerzoo.graph.here import node_here
from layerzoo.layer import LAYERS, Layer, Shape
from layerzoo.nodes import Node
from layerzoo.schema import LayerParameter, NetParameter, NetState
from layerzoo.subnet.inputs import body_inputs

MAX_LAYERS = 100_000
"""The most layers that the runs of a subnet may have together."""


def body_of(param: LayerParameter, field: str = "body") -> NetParameter:
    """The subnet that a layer runs.

    Raises:
        LayerFault: it names none.
    """
    subnet = param.subnet_param
    if not subnet.HasField(field):
        name = "net" if field == "body" else "else_net"
        raise LayerFault(
            "the layer runs no subnet",
            field=f"subnet_param.{name}",
            hint=f"name one: subnet_param {{ {name}: … }}, of a subnet of the net",
        )
    body: NetParameter = getattr(subnet, field)
    return body


def body_layers(param: LayerParameter, field: str = "body") -> list[tuple[LayerParameter, type[Layer]]]:
    """The layers of a subnet in the layer's phase whose type is known, each with its class."""
    subnet = param.subnet_param
    if not subnet.HasField(field):
        return []
    body: NetParameter = getattr(subnet, field)
    state = _state(param, body)
    known = (layer for layer in body.layer if layer.type in LAYERS and includes(layer, state))
    return [(layer, LAYERS[layer.type]) for layer in known]


def body_graph(param: LayerParameter, shapes: Sequence[Shape], field: str = "body", path: str = "") -> Graph:
    """The graph of a subnet.

    Args:
        param: the layer that runs it; ``param.phase`` is set.
        shapes: the shape of each input of the subnet in a run, which replaces the declared one.
        field: ``body`` or ``else_body``.
        path: what the names of its layers begin with in messages, after the layer's own.

    Raises:
        LayerFault: the subnet has faults, with all of them in ``inner``; or a layer can't be part of one.
    """
    body = NetParameter()
    body.CopyFrom(body_of(param, field))
    inputs = body_inputs(body, param.phase)
    for index in dict.fromkeys(one.layer for one in inputs):
        body.layer[index].input_param.ClearField("shape")
    for one, shape in zip(inputs, shapes, strict=True):
        body.layer[one.layer].input_param.shape.add(dim=shape)
    here = node_here()
    root = None
    if here is not None:
        holder = here.first("subnet_param")
        root = holder.first(field) if holder is not None else None
        if root is not None and len(root.all("layer")) != len(body.layer):
            root = None
    prefix = f"{param.name}/{path}" if path else param.name
    return _graph(
        body.SerializeToString(), _state(param, body).SerializeToString(), _Place(root, here), prefix
    )


class _Place:
    """The nodes of a subnet and of the layer that runs it, compared by identity."""

    def __init__(self, root: Node | None, holder: Node | None) -> None:
        self.root, self.holder = root, holder

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Place) and self.root is other.root and self.holder is other.holder

    def __hash__(self) -> int:
        return hash((id(self.root), id(self.holder)))


@lru_cache(maxsize=64)
def _graph(message: bytes, state: bytes, place: _Place, prefix: str) -> Graph:
    body = NetParameter.FromString(message)
    try:
        graph = build_graph(body, NetState.FromString(state), LAYERS, root=place.root)
    except ConfigError as error:
        faults = [_inside(fault, prefix, place) for fault in error.faults]
        raise LayerFault(faults[0].message, hint=faults[0].hint, inner=faults) from None
    faults = [fault for layer in graph.layers if (fault := _unfit(layer)) is not None]
    if faults:
        faults = [_inside(fault, prefix, place) for fault in faults]
        raise LayerFault(faults[0].message, hint=faults[0].hint, inner=faults)
    graph.warnings = [_inside(warning, prefix, place) for warning in graph.warnings]
    graph.settle()
    return graph


def _inside(fault: Fault, prefix: str, place: _Place) -> Fault:
    """A fault with the name of the layer that runs the subnet, and at least that layer's position."""
    origin = fault.origin
    if origin is None and place.holder is not None:
        origin = place.holder.origin
    return replace(fault, layer=f"{prefix}/{fault.layer}" if fault.layer else prefix, origin=origin)


def _unfit(layer: GraphLayer) -> Fault | None:
    """Why a layer can't be part of a subnet that runs; None if it can."""
    kind = LAYERS[layer.kind.type_name]
    if kind.is_data:
        why, hint = "reads data", "read it outside, and give it to the subnet as an input"
    elif (found := kind.unfit_for_subnets(layer.param)) is not None:
        why, hint = found
    else:
        return None
    return Fault(
        f"a layer of type '{layer.param.type}' {why}: a subnet can't run it", layer.origin(), hint, layer.name
    )


def _state(param: LayerParameter, body: NetParameter) -> NetState:
    return NetState(phase=param.phase, level=body.state.level, stage=body.state.stage)


def layer_count(graph: Graph) -> int:
    """The number of layers of a graph, with those of the subnets that they run."""
    return sum(1 + sum(layer_count(run.graph) for run in layer.inner) for layer in graph.layers)
