"""The message and the hint for a field that the schema doesn't have.

Most are misspelt, stand in the wrong message, or come from a fork of Caffe.
"""

from __future__ import annotations

from google.protobuf.descriptor import Descriptor

from layerzoo.errors import did_you_mean, nearest
from layerzoo.forks import forks_with
from layerzoo.nodes import Node
from layerzoo.schema import fields

_SUFFIX = "_param"
_ROOTS = {"NetParameter": "a net", "SolverParameter": "a solver", "LayerParameter": "a layer"}


def unknown_field(node: Node, parent: Node, of: Descriptor) -> str:
    """What to say of a field ``node`` that the message ``of``, bound from ``parent``, doesn't have."""
    where = _ROOTS.get(of.name) or (f"'{parent.key}'" if parent.key else of.name)
    return f"unknown field '{node.key}' in {where}"


def hint_for(node: Node, parent: Node, of: Descriptor) -> str | None:
    """How to mend it: where the field belongs, who has it, or what is spelt nearly so."""
    key, known = node.key, fields(of)
    if key in {"layers", "layer"} and of.name == "LayerParameter":
        return "a '}' is missing above it"
    forks = forks_with(of.name, key)
    if forks:
        return f"a field of {forks}; Layerzoo doesn't have it"
    holders = [name for name, field in known.items() if field.message and key in fields(field.message)]
    if holders:
        type_node = parent.first("type")
        wanted = ((type_node.text or "") if type_node else "").replace("_", "").lower() + "param"
        own = [name for name in holders if name.replace("_", "") == wanted]
        if own or len(holders) <= 3:
            names = " or ".join(f"'{name}'" for name in own or holders)
            return f"it belongs in {names}"
    near = nearest(key.removesuffix(_SUFFIX), [name.removesuffix(_SUFFIX) for name in known], likeness=0.7)
    if near:
        return did_you_mean([near[0] if near[0] in known else near[0] + _SUFFIX])
    if of.name not in _ROOTS and key in _layer_fields():
        return f"it is a field of the layer: close '{parent.key}' before it"
    return None


def _layer_fields() -> frozenset[str]:
    from layerzoo.schema import LayerParameter

    return frozenset(fields(LayerParameter))
