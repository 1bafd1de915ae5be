"""What may be typed at the cursor: fields, values of enums, registered names, blobs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from layerzoo.catalogue.known import known
from layerzoo.catalogue.listing import first_sentence
from layerzoo.editor.cursor import PLACEHOLDER, Cursor, cursor_at
from layerzoo.nodes import Node
from layerzoo.schema import Field, comment, fields

_NAMED: Final = {
    "LayerParameter.type": "layers",
    "SolverParameter.type": "solvers",
    "SolverParameter.lr_policy": "policies",
    "FillerParameter.type": "fillers",
    "DatasetParameter.name": "datasets",
}


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


def completions(text: str, offset: int, path: Path | None) -> tuple[Cursor, list[Completion]] | None:
    """The candidates at an offset, with the place that they replace; None in comments."""
    cursor = cursor_at(text, offset, path)
    if cursor is None:
        return None
    if cursor.key is None:
        return cursor, list(_fields(cursor))
    if cursor.key.message is not None:
        return cursor, []
    return cursor, list(_values(cursor, cursor.key))


def _fields(cursor: Cursor) -> Iterator[Completion]:
    """The fields that the message around the cursor may still have."""
    if cursor.message is None:
        return
    is_yaml = cursor.config.source.bare_strings
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
        names = known(_NAMED[field.full_name])
        for name in names.names():
            facts = names.facts(name)
            doc = facts.doc if facts is not None else ""
            yield Completion(name, _string(name, cursor, is_yaml), "type", first_sentence(doc), doc)
    elif field.full_name in {"LayerParameter.bottom", "LayerParameter.top"}:
        for blob, producer in blobs_above(cursor.config.root, cursor.layer).items():
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


def blobs_above(root: Node, layer: Node | None) -> dict[str, str]:
    """The blobs that layers above one produce, the nearest first, with the name of their layer."""
    blobs: dict[str, str] = {name.text: "the net's inputs" for name in root.all("input") if name.text}
    for other in root.all("layer"):
        if other is layer:
            break
        name = other.first("name")
        for top in other.all("top"):
            if top.text:
                blobs.pop(top.text, None)
                blobs[top.text] = (name.text or "") if name is not None else ""
    return dict(reversed(blobs.items()))


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
