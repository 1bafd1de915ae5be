"""Find fields of a layer that its type does not read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from layerzoo.errors import Fault, LayerFault
from layerzoo.graph.model import GraphLayer
from layerzoo.schema import is_own


class Unread(NamedTuple):
    """A field that a layer does not read.

    Attributes:
        fault: the message and its position.
        refused: it is an error instead of a warning: the field is Layerzoo's own, so no file written for
            Caffe or one of its forks has it.
    """

    fault: Fault
    refused: bool = False


def unread_fields(layer: GraphLayer) -> Iterator[Unread]:
    """Yield the ``*_param`` messages of other layer types, and the fields that have no effect."""
    kind, param = layer.kind, layer.param
    for field, _ in param.ListFields():
        if field.name.endswith("_param") and field.name not in kind.messages:
            reads = " and ".join(kind.messages) or "no message"
            message = f"'{field.name}' in a layer of type '{param.type}', which reads {reads}"
            hint = "remove it, or change the type"
            fault = Fault(message, layer.origin(field.name), hint, layer.name)
            yield Unread(fault, refused=is_own(field.number))
    try:
        unread = {**kind.ignores, **kind.unread(param)}
    except LayerFault:  # fields contradict each other: the layer's shapes report it, with its place
        unread = dict(kind.ignores)
    for path, why in unread.items():
        if _is_set(param, path):
            message = f"'{path.rpartition('.')[2]}' is not read by a layer of type '{param.type}': {why}"
            yield Unread(Fault(message, layer.origin(path), "remove it", layer.name))


def _is_set(message: Any, path: str) -> bool:
    """Whether a dotted field is set."""
    *parents, name = path.split(".")
    for parent in parents:
        if not message.HasField(parent):
            return False
        message = getattr(message, parent)
    return any(field.name == name for field, _ in message.ListFields())
