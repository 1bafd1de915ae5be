"""The fault of a layer whose type is not registered."""

from __future__ import annotations

from layerzoo.errors import Fault, did_you_mean
from layerzoo.forks import forks_with_type
from layerzoo.nodes import Node
from layerzoo.registry import UnknownNameError


def unknown_type(error: UnknownNameError, layer: str, node: Node | None) -> Fault:
    """The fault: the type, its line, whose it is, and what is near.

    Args:
        error: what the registry said.
        layer: the layer's name.
        node: where the layer stands.
    """
    where = node.first("type") if node is not None else None
    forks = forks_with_type(error.name)
    if forks:
        hint = f"a layer of {forks}; Layerzoo doesn't have it"
        if error.near:
            hint += f" (the nearest it has: {', '.join(error.near)})"
    else:
        hint = did_you_mean(error.near) or (
            "'layerzoo list layers' shows all there are; one of your own is imported by -allow_python MODULE"
        )
    origin = where.value_origin if where is not None else None
    return Fault(f"unknown layer type '{error.name}'", origin, hint, layer)
