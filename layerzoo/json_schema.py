"""A JSON schema of nets and solvers, by which editors complete and check configs in YAML.

It is draft 7, which the YAML language server of VS Code and other editors reads best. What a scalar may be
follows the binder: a list of one element may be written without its brackets, and an expression ``${…}`` may
stand in the place of any scalar.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any, Final

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from layerzoo.catalogue.known import known
from layerzoo.catalogue.listing import first_sentence
from layerzoo.schema import (
    Field,
    LayerParameter,
    NetParameter,
    SolverParameter,
    comment,
    fields,
    message_class,
)

Schema = dict[str, Any]

_FREE: Final = "Values"
"""The message whose field names are the config's own."""
_NAMED: Final = {
    "LayerParameter.type": "layers",
    "SolverParameter.type": "solvers",
    "SolverParameter.lr_policy": "policies",
    "FillerParameter.type": "fillers",
}
"""String fields whose values are names of a kind that is registered."""
_EXPANDED: Final = {"Call": "subnet_param"}
"""Layer types that are expanded while a config is loaded, and so are not registered, with what they read."""
_ANY: Final = frozenset({"RepeatParameter.over", "SubnetParameter.each"})
"""Lists whose elements may be of any kind."""
_EXPRESSION: Final = {"$ref": "#/definitions/expression"}
_NOT_FINITE: Final = r"^[+-]?\.?(inf|Inf|INF|infinity|nan|NaN|NAN)$"
_EXPONENT: Final = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+$"
"""Numbers that readers of YAML 1.1 take for strings, such as ``1e-4``."""
_COMMON_FIELDS: Final = "layer_fields"


def config_schema() -> Schema:
    """The schema of a config: of a solver if it has a field that only solvers have, else of a net."""
    net, solver = fields(NetParameter), fields(SolverParameter)
    own = [name for name in solver if name not in net]
    definitions = _Definitions()
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Layerzoo config",
        "description": "A net or a solver of Layerzoo, or of Caffe in YAML.",
        "type": "object",
        "if": {"anyOf": [{"required": [name]} for name in own]},
        "then": definitions.ref(SolverParameter),
        "else": definitions.ref(NetParameter),
        "definitions": definitions.all(),
    }


class _Definitions:
    """The definitions of messages, each made when it is first referred to."""

    def __init__(self) -> None:
        self._schemas: dict[str, Schema] = {}
        self._waiting: list[Descriptor] = []
        self._readers: dict[str, list[str]] = defaultdict(list)
        for name in known("layers").names():
            facts = known("layers").facts(name)
            for message in facts.messages if facts is not None else ():
                self._readers[message].append(name)

        for name, message in _EXPANDED.items():
            self._readers[message].append(name)

    def ref(self, message: type[Message]) -> Schema:
        """A reference to the definition of a message."""
        of: Any = message.DESCRIPTOR
        if of.name not in self._schemas:
            self._schemas[of.name] = {}
            self._waiting.append(of)
        return {"$ref": f"#/definitions/{of.name}"}

    def all(self) -> dict[str, Schema]:
        """All definitions by name."""
        while self._waiting:
            of = self._waiting.pop()
            self._schemas[of.name] = self._layer(of) if of.name == "LayerParameter" else self._message(of)
        expression = {"type": "string", "pattern": r"\$\{", "description": "An expression, ${…}."}
        return {"expression": expression, **dict(sorted(self._schemas.items()))}

    def _message(self, of: Descriptor) -> Schema:
        if of.name == _FREE:
            return {"description": _text(comment(of)), "type": "object"}
        known_fields = fields(of)
        schema: Schema = {
            "description": _text(comment(of)),
            "type": "object",
            "properties": {name: self._field(field) for name, field in known_fields.items()},
            "additionalProperties": False,
        }
        for name in known_fields:
            if f"auto_{name}" in known_fields:
                values = schema["properties"][name]
                values["anyOf"] = [*values["anyOf"], {"const": "AUTO"}]
        required = [name for name, field in known_fields.items() if field.required]
        return {**schema, "required": required} if required else schema

    def _layer(self, of: Descriptor) -> Schema:
        """A layer: fields of every layer, and for each type the messages that it reads."""
        known_fields = fields(of)
        common = {name: field for name, field in known_fields.items() if name not in self._readers}
        self._schemas[_COMMON_FIELDS] = {"enum": list(common)}
        return {
            "description": _text(comment(of)),
            "type": "object",
            "properties": {name: self._field(field) for name, field in common.items()},
            "propertyNames": {"enum": list(known_fields)},
            "allOf": [self._of_types(own, names) for own, names in self._groups().items()],
        }

    def _groups(self) -> dict[tuple[str, ...], list[str]]:
        """The layer types that read the same messages, by those messages."""
        read: dict[str, list[str]] = {name: [] for name in [*known("layers").names(), *_EXPANDED]}
        for message, names in self._readers.items():
            for name in names:
                read[name].append(message)
        groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for name, messages in read.items():
            groups[tuple(messages)].append(name)
        return groups

    def _of_types(self, own: tuple[str, ...], names: list[str]) -> Schema:
        """What layers of some types may hold besides the fields of every layer."""
        common: Schema = {"$ref": f"#/definitions/{_COMMON_FIELDS}"}
        then: Schema = {"propertyNames": {"anyOf": [common, {"enum": list(own)}]} if own else common}
        if own:
            then["properties"] = {name: self._field(fields(LayerParameter)[name]) for name in own}
        return {"if": {"properties": {"type": {"enum": names}}, "required": ["type"]}, "then": then}

    def _field(self, field: Field) -> Schema:
        """The schema of a field: of its value, or of a value or a list of values."""
        forms = self._forms(field)
        if field.repeated:
            item = forms[0] if len(forms) == 1 else {"anyOf": forms}
            forms = [*forms, {"type": "array", "items": item}]
        schema: Schema = {"description": _described(field)}
        if field.default not in {None, ""} and not (
            isinstance(field.default, float) and not math.isfinite(field.default)
        ):
            schema["default"] = field.default
        return {**schema, **({"anyOf": forms} if len(forms) > 1 else forms[0])}

    def _forms(self, field: Field) -> list[Schema]:
        """What one value of a field may be."""
        if field.message is not None:
            form = self.ref(message_class(field.message))
            return [form, _EXPRESSION] if field.type_name == _FREE else [form]
        if field.kind == "int":
            low, high = field.range or (None, None)
            return [{"type": "integer", "minimum": low, "maximum": high}, _EXPRESSION]
        if field.kind == "float":
            texts = [{"type": "string", "pattern": pattern} for pattern in (_EXPONENT, _NOT_FINITE)]
            return [{"type": "number"}, *texts, _EXPRESSION]
        if field.kind == "bool":
            return [{"type": "boolean"}, _EXPRESSION]
        if field.kind == "enum":
            return [_enum(field), {"enum": sorted(field.values.values())}, _EXPRESSION]
        if field.full_name in _ANY:
            return [{"type": ["string", "number", "boolean", "object", "array"]}]
        kind = _NAMED.get(field.full_name)
        if kind is not None:
            return [_names(kind), _EXPRESSION]
        return [{"type": ["string", "number", "boolean"]}]


def _enum(field: Field) -> Schema:
    holder = field.full_name.rpartition(".")[0]
    texts = [
        _text(comment(f"{holder}.{field.type_name}.{value}") or comment(f"{field.type_name}.{value}"))
        for value in field.values
    ]
    return {"enum": list(field.values), "enumDescriptions": texts}


def _names(kind: str) -> Schema:
    """The registered names of a kind, with a sentence on each."""
    table = known(kind)
    names = list(table.names())
    if kind == "layers":
        names += _EXPANDED
    docs = [first_sentence(facts.doc) if (facts := table.facts(name)) else "" for name in names]
    return {"enum": names, "enumDescriptions": docs}


def _described(field: Field) -> str:
    """A field's comment, type and default."""
    text = _text(field.comment)
    default = field.default
    if default is not None and default != "":
        shown = f"{default:g}" if isinstance(default, float) else str(default)
        text += f" Default: {shown.lower() if isinstance(default, bool) else shown}."
    return f"{text} ({'repeated ' if field.repeated else ''}{field.type_name})".strip()


def _text(comment: str) -> str:
    return " ".join(comment.split())
