"""Bind a node tree to a message of the schema, by reflection.

The field determines the type of each scalar: the same text is a name, a number or a boolean depending on the
schema, never on its look. All faults are collected; a faulty field is left unset.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from layerzoo.binding.scalars import CONVERTERS, Convert, WrongError, expected, shown
from layerzoo.binding.unknown import hint_for, unknown_field
from layerzoo.errors import MAX_SHOWN_FAULTS, Fault
from layerzoo.expressions import OPENING, ExpressionError, split, text_of
from layerzoo.nodes import Node
from layerzoo.schema import Field, fields
from layerzoo.source import Origin

MAX_FAULTS = 1000
_MAX_HINTS = 2 * MAX_SHOWN_FAULTS
_SHAPES = "bottom"


class _Layer(NamedTuple):
    """The layer that a message is part of.

    Attributes:
        name: its name; None without one.
        message: its message.
        path: the path from the layer to the message, such as ``reshape_param.shape.``.
    """

    name: str | None
    message: Any
    path: str


class _Slot(NamedTuple):
    """How to set a field; ``convert`` is None for a message."""

    field: Field
    repeated: bool
    convert: Convert | None


def bind(root: Node, message: Message, faults: list[Fault], dropped: list[Fault] | None = None) -> None:
    """Fill a message from a tree.

    Each node of a repeated message becomes one element, faulty or not, so elements stay aligned with nodes.

    Args:
        root: the tree.
        message: an empty message.
        faults: receives the faults.
        dropped: receives the unknown fields, which are then left out; None makes them faults.
    """
    with suppress(_TooManyError):
        _Binder(faults, dropped).fill(root, message, None)


class _TooManyError(Exception):
    """The limit of faults was reached; the last fault says so."""


class _Binder:
    """One binding, and the lists of its faults."""

    def __init__(self, faults: list[Fault], dropped: list[Fault] | None) -> None:
        self.faults, self.dropped = faults, dropped
        self.most = len(faults) + MAX_FAULTS
        self.hints: dict[tuple[int, str], str | None] = {}

    def fault(self, message: str, origin: Origin, hint: str | None, layer: _Layer | None) -> None:
        """Record a fault; at `MAX_FAULTS`, binding stops."""
        self.faults.append(Fault(message, origin, hint, layer.name if layer else None))
        if len(self.faults) >= self.most:
            self.faults.append(Fault(f"more than {MAX_FAULTS} faults; the rest was not checked"))
            raise _TooManyError

    def unknown(self, child: Node, parent: Node, of: Descriptor, layer: _Layer | None) -> None:
        """Record a field that is missing in the schema; its hint is computed once for each message."""
        key = id(parent), child.key
        if key not in self.hints and len(self.hints) < _MAX_HINTS:
            self.hints[key] = hint_for(child, parent, of)
        message, origin, hint = unknown_field(child, parent, of), child.origin, self.hints.get(key)
        if self.dropped is None:
            self.fault(message, origin, hint, layer)
        else:
            self.dropped.append(Fault(message, origin, hint, layer.name if layer else None))

    def fill(self, node: Node, message: Any, layer: _Layer | None) -> None:
        """Bind one message and, recursively, the messages inside; the schema limits the depth."""
        descriptor = message.DESCRIPTOR
        slots, required = _slots(descriptor)
        seen: dict[str, Node] = {}
        for child in node.children or ():
            key = child.key
            slot = slots.get(key)
            if child.text == "AUTO" and (automatic := slots.get(f"auto_{key}")) is not None:
                slot, key = automatic, f"auto_{key}"
            if slot is None:
                self.unknown(child, node, descriptor, layer)
                continue
            if not slot.repeated:
                first = seen.setdefault(key, child)
                if first is not child:
                    self._twice(child, first, layer)
                    continue
            if slot.convert is None:
                self._message(child, slot, message, layer)
            elif child.text is None:
                self._not_scalar(child, slot.field, layer)
            else:
                try:
                    value = True if slot is not slots.get(child.key) else slot.convert(child)
                except WrongError as wrong:
                    if layer is not None and self._expression(child, slot, message, layer):
                        continue
                    text, hint = wrong.args
                    self.fault(text, child.value_origin, hint, layer)
                    continue
                if slot.repeated:
                    getattr(message, key).append(value)
                else:
                    setattr(message, key, value)
        for key in required - seen.keys():
            self.fault(f"'{key}' is missing", node.origin, f"add '{key}: …'", layer)

    def _message(self, child: Node, slot: _Slot, message: Any, layer: _Layer | None) -> None:
        inner = slot.field.of(message)
        if slot.repeated:
            inner = inner.add()
        else:
            inner.SetInParent()
        if child.children is None:
            known = list(fields(slot.field.message)) if slot.field.message is not None else []
            example = f"such as '{child.key} {{ {known[0]}: … }}'" if known else ""
            text = f"'{child.key}' takes fields, not the value {shown(child)}"
            hint = f"write its fields in braces, {example}" if not child.source.bare_strings else None
            self.fault(text, child.value_origin, hint, layer)
            return
        if slot.field.type_name == "LayerParameter":
            name = child.first("name")
            layer = _Layer(name.text if name is not None and name.text else None, inner, "")
        elif layer is not None:
            index = f"[{len(slot.field.of(message)) - 1}]" if slot.repeated else ""
            layer = layer._replace(path=f"{layer.path}{child.key}{index}.")
        self.fill(child, inner, layer)

    def _expression(self, child: Node, slot: _Slot, message: Any, layer: _Layer) -> bool:
        """Take an expression for a number of a layer: one over shapes is kept until the net is wired."""
        text = child.text or ""
        if slot.convert is None or slot.field.kind not in {"int", "float"} or OPENING not in text:
            return False
        try:
            template = split(text)
            if template is None or template.whole is None:
                return False
            unknown = next((name for name in template.whole.names() if name.name != _SHAPES), None)
            if unknown is not None:
                hint = "declare it with 'let'"
                raise ExpressionError.of(unknown, f"unknown name '{unknown.name}'", hint)
            constant = not template.names
            number = text_of(template.value({})) if constant else "0"
            value = slot.convert(
                Node(child.key, number, None, child.source, child.offset, child.value_offset)
            )
        except ExpressionError as error:
            origin = child.value_origin
            if child.written is None:
                origin = Origin(child.source, child.value_offset + child.quoted + error.at, error.length)
            self.fault(error.message, origin, error.hint, layer)
            return True
        except WrongError:
            return False
        index = f"[{len(getattr(message, child.key))}]" if slot.repeated else ""
        if not constant:
            layer.message.by_shape.add(field=f"{layer.path}{child.key}{index}", value=text[2:-1])
        if slot.repeated:
            getattr(message, child.key).append(value)
        elif constant:
            setattr(message, child.key, value)
        return True

    def _not_scalar(self, child: Node, field: Field, layer: _Layer | None) -> None:
        text = f"'{child.key}' takes {expected(field)}, not fields"
        self.fault(text, child.origin, f"write '{child.key}: …'", layer)

    def _twice(self, child: Node, first: Node, layer: _Layer | None) -> None:
        origin = child.value_origin if child.listed else child.origin
        if child.listed and first.listed:
            text, hint = f"'{child.key}' takes one value, not a list of several", None
        else:
            line = first.source.position(first.offset).line
            text, hint = f"'{child.key}' is given twice", f"first on line {line}; it takes one value"
        self.fault(text, origin, hint, layer)


_Slots = tuple[Mapping[str, _Slot], frozenset[str]]
_cache: dict[Descriptor, tuple[Mapping[str, Field], _Slots]] = {}


def _slots(descriptor: Descriptor) -> _Slots:
    """The slots of a message's fields, and its required fields."""
    known = fields(descriptor)
    cached = _cache.get(descriptor)
    if cached is None or cached[0] is not known:  # stale: a class has declared a field since
        slots = {
            name: _Slot(field, field.repeated, None if field.message else CONVERTERS[field.kind](field))
            for name, field in known.items()
        }
        required = frozenset(name for name, field in known.items() if field.required)
        cached = _cache[descriptor] = known, (slots, required)
    return cached[1]
