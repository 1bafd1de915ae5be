"""What may be typed at the cursor: fields, values of enums, registered names, blobs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from layerzoo.catalogue.known import known
from layerzoo.catalogue.listing import first_sentence
from layerzoo.editor.cursor import PLACEHOLDER, Cursor, cursor_at
from layerzoo.editor.names import layers_of
from layerzoo.editor.parsed import Parsed, parse
from layerzoo.errors import ConfigError
from layerzoo.loader.files import find_config, read_source
from layerzoo.nodes import Node
from layerzoo.schema import Field, comment, fields

_EXPRESSION: Final = re.compile(r"\$\{[^}\n]*?(?P<word>\w*)\Z")
_FUNCTIONS: Final = ("len", "min", "max", "round", "ceil", "floor", "log2", "sqrt")
_NAMED: Final = {
    "LayerParameter.type": "layers",
    "SolverParameter.type": "solvers",
    "SolverParameter.lr_policy": "policies",
    "FillerParameter.type": "fillers",
    "DatasetParameter.name": "datasets",
    "DrawnDataParameter.task": "tasks",
}


class Word(NamedTuple):
    """The offsets of a word."""

    start: int
    end: int


class Completion(NamedTuple):
    """A candidate.

    Attributes:
        label: the name that is shown.
        text: what is put in the place of the word at the cursor.
        kind: ``field``, ``message``, ``value``, ``type`` or ``blob``.
        detail: its type and default, or its kind.
        doc: its meaning.
    """

    label: str
    text: str
    kind: str
    detail: str = ""
    doc: str = ""


def completions(text: str, offset: int, path: Path | None) -> tuple[Word, list[Completion]] | None:
    """The candidates at an offset, with the word that they replace; None in comments."""
    in_expression = expression_at(text, offset, path)
    if in_expression is not None:
        return in_expression
    cursor = cursor_at(text, offset, path)
    if cursor is None:
        return None
    if cursor.key is None:
        return word_of(cursor), list(_fields(cursor))
    if cursor.key.message is not None:
        return word_of(cursor), []
    return word_of(cursor), list(_values(cursor, cursor.key))


def word_of(cursor: Cursor) -> Word:
    """The offsets of the word at a cursor."""
    return Word(cursor.start, cursor.end)


def _fields(cursor: Cursor) -> Iterator[Completion]:
    """The fields that the message around the cursor may still have."""
    if cursor.message is None:
        return
    is_yaml = cursor.config.source.bare_strings
    if cursor.path and cursor.path[-1].key == "with":
        yield from _arguments(cursor)
    siblings, others = cursor.siblings, _of_other_types(cursor)
    for name, field in fields(cursor.message).items():
        again = field.repeated and not is_yaml  # YAML has one list in place of several fields
        if name in others or field.deprecated or (name in siblings and not again):
            continue
        repeated = "repeated " if field.repeated else ""
        default = "" if field.default in {None, ""} else f" = {_shown(field.default)}"
        kind = "message" if field.message is not None else "field"
        yield Completion(
            name, _typed(field, is_yaml), kind, f"{repeated}{field.type_name}{default}", field.comment
        )


def _of_other_types(cursor: Cursor) -> set[str]:
    """The messages that only layers of other types read."""
    if cursor.layer is None or not cursor.path or cursor.path[-1] is not cursor.layer:
        return set()
    kind = cursor.layer.first("type")
    own = known("layers").facts(kind.text or "") if kind is not None else None
    return set(_messages_of_types() - set(own.messages)) if own is not None else set()


@cache
def _messages_of_types() -> frozenset[str]:
    """The fields of a layer that only layers of some types read."""
    layers = known("layers")
    facts = [layers.facts(name) for name in layers.names()]
    return frozenset(message for one in facts if one is not None for message in one.messages)


def _typed(field: Field, is_yaml: bool) -> str:
    """What is inserted for a field."""
    if field.message is not None:
        return f"{field.name}:" if is_yaml else f"{field.name} {{"
    return f"{field.name}: "


def _values(cursor: Cursor, field: Field) -> Iterator[Completion]:
    is_yaml = cursor.config.source.bare_strings
    if field.kind == "enum":
        holder = field.full_name.rpartition(".")[0]
        for value in field.values:
            text = comment(f"{holder}.{field.type_name}.{value}") or comment(f"{field.type_name}.{value}")
            yield Completion(value, value, "value", field.type_name, text)
    elif field.kind == "bool":
        yield from (Completion(value, value, "value", "bool") for value in ("true", "false"))
    elif field.full_name in _NAMED:
        if field.full_name == "LayerParameter.type":  # it is expanded, and so not registered
            yield Completion("Call", _string("Call", cursor, is_yaml), "type", "The layers of a subnet")
        names = known(_NAMED[field.full_name])
        for name in names.names():
            facts = names.facts(name)
            doc = facts.doc if facts is not None else ""
            yield Completion(name, _string(name, cursor, is_yaml), "type", first_sentence(doc), doc)
    elif field.full_name in {"SubnetParameter.net", "SubnetParameter.else_net"}:
        for name, subnet in subnets(cursor.config).items():
            about = subnet.first("doc")
            meaning = (about.text or "") if about is not None else ""
            yield Completion(name, _string(name, cursor, is_yaml), "type", "subnet", meaning)
    elif field.full_name in {"LayerParameter.bottom", "LayerParameter.top", "ParamSpec.blob"}:
        scope = next((node for node in reversed(cursor.path) if node.key == "subnet"), cursor.config.root)
        for blob, producer in blobs_above(scope, cursor.layer).items():
            yield Completion(blob, _string(blob, cursor, is_yaml), "blob", f"top of {producer}")
    elif field.full_name == "ParamSpec.name":
        nodes = {
            node.text
            for path in cursor.config.paths()
            if (node := path[-1]).key == "name" and len(path) > 2 and path[-2].key == "param"
        }
        yield from (
            Completion(name, _string(name, cursor, is_yaml), "value", "shared param")
            for name in sorted(filter(None, nodes - {PLACEHOLDER}))
        )


def _arguments(cursor: Cursor) -> Iterator[Completion]:
    """The parameters of the subnet that ``with`` gives values."""
    net = cursor.path[-2].first("net") if len(cursor.path) > 1 else None
    subnet = subnets(cursor.config).get(net.text or "") if net is not None else None
    for arg in subnet.all("arg") if subnet is not None else ():
        name, kind, doc, default = (arg.first(key) for key in ("name", "type", "doc", "default"))
        if name is not None and name.text and name.text not in cursor.siblings:
            detail = (kind.text or "") if kind is not None else "ANY"
            detail += f" = {default.text}" if default is not None and default.text else ""
            meaning = (doc.text or "") if doc is not None else ""
            yield Completion(name.text, f"{name.text}: ", "field", detail, meaning)


def blobs_above(root: Node, layer: Node | None) -> dict[str, str]:
    """The blobs that layers above one produce, the nearest first, with the name of their layer."""
    blobs: dict[str, str] = {name.text: "the net's inputs" for name in root.all("input") if name.text}
    for other in layers_of(root):
        if other is layer:
            break
        name = other.first("name")
        for top in other.all("top"):
            if top.text:
                blobs.pop(top.text, None)
                blobs[top.text] = (name.text or "") if name is not None else ""
    return dict(reversed(blobs.items()))


def subnets(config: Parsed) -> dict[str, Node]:
    """The subnets of a config by name, and those of the files that it includes, where they can be read."""
    roots = [config.root]
    for include in config.root.all("include"):
        with suppress(ConfigError):
            file = find_config(include.text or "", config.path.parent if config.path else None)
            roots.append(parse(read_source(file).text, file).root)
    named = [
        (node.text, subnet) for root in roots for subnet in root.all("subnet") for node in subnet.all("name")
    ]
    return {name: subnet for name, subnet in reversed(named) if name}


def expression_at(text: str, offset: int, path: Path | None) -> tuple[Word, list[Completion]] | None:
    """The names that an expression may use at an offset; None outside ``${…}``."""
    match = _EXPRESSION.search(text[text.rfind("\n", 0, offset) + 1 : offset])
    if match is None:
        return None
    config = parse(text, path)
    subnet = next((node for node in reversed(config.root.all("subnet")) if node.offset < offset), None)
    later = next((node for node in config.root.all("layer") if subnet and node.offset > subnet.offset), None)
    inside = subnet is not None and (later is None or later.offset > offset)
    scope = subnet if subnet is not None and inside else config.root  # a subnet sees nothing of the net
    found = [Completion(name, f"{name}(", "value", "function") for name in _FUNCTIONS]
    constants = [child for let in scope.all("let") for child in let.children or ()]
    found += [Completion(one.key, one.key, "blob", "constant") for one in constants]
    names = [node for arg in scope.all("arg") for node in arg.all("name")]
    found += [Completion(node.text, node.text, "blob", "parameter") for node in names if node.text]
    return Word(offset - len(match["word"]), offset), found[::-1]


def _string(text: str, cursor: Cursor, is_yaml: bool) -> str:
    return text if is_yaml or cursor.is_quoted else f'"{text}"'


def _shown(default: object) -> str:
    return (
        f"{default:g}"
        if isinstance(default, float)
        else str(default).lower()
        if isinstance(default, bool)
        else str(default)
    )
