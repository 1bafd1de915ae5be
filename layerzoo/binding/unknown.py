"""Message and hint for a field that is missing in the schema.

Most such fields are misspelt, in the wrong message, or from a fork of Caffe.
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
    """The message about a field ``node`` that is missing in the message ``of``, bound from ``parent``."""
    where = _ROOTS.get(of.name) or (f"'{parent.key}'" if parent.key else of.name)
    return f"unknown field '{node.key}' in {where}"


def hint_for(node: Node, parent: Node, of: Descriptor) -> str | None:
    """The hint: the message that has the field, the forks that have it, or a similar name."""
    key, known = node.key, fields(of)
    if key in {"layers", "layer"} and of.name == "LayerParameter":
        return "a '}' is missing above it"
    forks = forks_with(of.name, key)
    if forks:
        return f"a field of {forks}, which Layerzoo does not support"
    holders = [name for name, field in known.items() if field.message and key in fields(field.message)]
    if holders:
        type_node = parent.first("type")
        own_name = ((type_node.text or "") if type_node else "").replace("_", "").lower() + "param"
        own = [name for name in holders if name.replace("_", "") == own_name]
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
