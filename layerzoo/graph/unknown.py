"""The fault of a layer whose type is not registered."""

from __future__ import annotations

from layerzoo.errors import Fault, did_you_mean
from layerzoo.forks import forks_with_type
from layerzoo.nodes import Node
from layerzoo.registry import UnknownNameError


def unknown_type(error: UnknownNameError, layer: str, node: Node | None, *, hinted: bool = True) -> Fault:
    """Make the fault, with a hint: the forks of Caffe that have the type, or similar registered names.

    Args:
        error: the registry's error.
        layer: the layer's name.
        node: the layer's node in the config; None for a message built in memory.
        hinted: search for similar names.
    """
    where = node.first("type") if node is not None else None
    forks = forks_with_type(error.name)
    if forks:
        hint = f"a layer type of {forks}, which Layerzoo does not support"
        if hinted and error.near:
            hint += f" (similar types: {', '.join(error.near)})"
    else:
        hint = did_you_mean(error.near if hinted else ()) or (
            "'layerzoo list layers' lists all types; -allow_python MODULE imports types of your own"
        )
    origin = where.value_origin if where is not None else None
    return Fault(f"unknown layer type '{error.name}'", origin, hint, layer)
