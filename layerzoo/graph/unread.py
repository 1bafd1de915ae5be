"""Fields of a layer that its type doesn't read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from layerzoo.errors import Fault
from layerzoo.graph.model import GraphLayer
from layerzoo.schema import FIRST_OWN_NUMBER


class Unread(NamedTuple):
    """A field that a layer doesn't read.

    Attributes:
        fault: what is said of it, at its place.
        refused: whether it is an error: a message of ours, which no file written for Caffe has.
    """

    fault: Fault
    refused: bool = False


def unread_fields(layer: GraphLayer) -> Iterator[Unread]:
    """The ``*_param`` messages of other layer types in a layer, and the fields of its own that do nothing."""
    kind, param = layer.kind, layer.param
    for field, _ in param.ListFields():
        if field.name.endswith("_param") and field.name not in kind.messages:
            reads = " and ".join(kind.messages) or "no such message"
            message = f"'{field.name}' in a layer of type '{param.type}', which reads {reads}"
            hint = "remove it, or change the type"
            fault = Fault(message, layer.origin(field.name), hint, layer.name)
            yield Unread(fault, refused=field.number >= FIRST_OWN_NUMBER)
    for path, why in kind.unread(param).items():
        if _given(param, path):
            message = f"'{path.rpartition('.')[2]}' is not read by a layer of type '{param.type}': {why}"
            yield Unread(Fault(message, layer.origin(path), "remove it", layer.name))


def _given(message: Any, path: str) -> bool:
    """Whether a dotted field is given."""
    *parents, name = path.split(".")
    for parent in parents:
        if not message.HasField(parent):
            return False
        message = getattr(message, parent)
    return any(field.name == name for field, _ in message.ListFields())
