"""Bind a node tree to a message of the schema, by reflection.

The field determines the type of each scalar: the same text is a name, a number or a boolean depending on the
schema, never on its look. All faults are collected; a faulty field is left unset.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from layerzoo.errors import MAX_SHOWN_FAULTS, Fault, did_you_mean, nearest
from layerzoo.forks import forks_with
from layerzoo.loader.unknown import hint_for, unknown_field
from layerzoo.nodes import Node
from layerzoo.nodes.prototxt import unescape
from layerzoo.schema import Field, fields
from layerzoo.source import Origin

_TRUTHS: Final = dict.fromkeys(("true", "True", "t", "1"), True) | dict.fromkeys(
    ("false", "False", "f", "0"), False
)
_LIKELY_TRUTHS: Final = dict.fromkeys(("true", "yes", "y", "on"), "true") | dict.fromkeys(
    ("false", "no", "n", "off"), "false"
)
_WHOLE: Final = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_REAL: Final = re.compile(r"[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?(?P<f>[fF])?")
_NOT_FINITE: Final = re.compile(r"([+-]?)\.?(inf|infinity|nan)f?", re.IGNORECASE)
_LARGEST: Final = {32: (2 - 2**-24) * 2.0**127, 64: math.inf}
"""The smallest value that rounds to infinity, by the bits of a number."""
MAX_FAULTS = 1000
_MAX_HINTS = 2 * MAX_SHOWN_FAULTS
_MAX_NAMED = 12
_SHOWN = 60

Convert = Callable[[Node], Any]


class _WrongError(Exception):
    """A scalar is invalid for its field; the arguments are message and hint."""


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

    def fault(self, message: str, origin: Origin, hint: str | None, layer: str | None) -> None:
        """Record a fault; at `MAX_FAULTS`, binding stops."""
        self.faults.append(Fault(message, origin, hint, layer))
        if len(self.faults) >= self.most:
            self.faults.append(Fault(f"more than {MAX_FAULTS} faults; the rest was not checked"))
            raise _TooManyError

    def unknown(self, child: Node, parent: Node, of: Descriptor, layer: str | None) -> None:
        """Record a field that is missing in the schema; its hint is computed once for each message."""
        key = id(parent), child.key
        if key not in self.hints and len(self.hints) < _MAX_HINTS:
            self.hints[key] = hint_for(child, parent, of)
        fault = unknown_field(child, parent, of), child.origin, self.hints.get(key), layer
        if self.dropped is None:
            self.fault(*fault)
        else:
            self.dropped.append(Fault(*fault))

    def fill(self, node: Node, message: Any, layer: str | None) -> None:
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
                except _WrongError as wrong:
                    text, hint = wrong.args
                    self.fault(text, child.value_origin, hint, layer)
                    continue
                if slot.repeated:
                    getattr(message, key).append(value)
                else:
                    setattr(message, key, value)
        for key in required - seen.keys():
            self.fault(f"'{key}' is missing", node.origin, f"add '{key}: …'", layer)

    def _message(self, child: Node, slot: _Slot, message: Any, layer: str | None) -> None:
        inner = slot.field.of(message)
        if slot.repeated:
            inner = inner.add()
        else:
            inner.SetInParent()
        if child.children is None:
            known = list(fields(slot.field.message)) if slot.field.message is not None else []
            example = f"such as '{child.key} {{ {known[0]}: … }}'" if known else ""
            text = f"'{child.key}' takes fields, not the value {_shown(child)}"
            hint = f"write its fields in braces, {example}" if not child.source.bare_strings else None
            self.fault(text, child.value_origin, hint, layer)
            return
        if slot.field.type_name == "LayerParameter":
            name = child.first("name")
            layer = name.text if name is not None and name.text else None
        self.fill(child, inner, layer)

    def _not_scalar(self, child: Node, field: Field, layer: str | None) -> None:
        text = f"'{child.key}' takes {_expected(field)}, not fields"
        self.fault(text, child.origin, f"write '{child.key}: …'", layer)

    def _twice(self, child: Node, first: Node, layer: str | None) -> None:
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
            name: _Slot(field, field.repeated, None if field.message else _CONVERTERS[field.kind](field))
            for name, field in known.items()
        }
        required = frozenset(name for name, field in known.items() if field.required)
        cached = _cache[descriptor] = known, (slots, required)
    return cached[1]


def _int(field: Field) -> Convert:
    low, high = field.range or (0, 0)

    def convert(node: Node) -> int:
        text = node.text or ""
        if node.quoted or not _WHOLE.fullmatch(text):
            raise _WrongError(*_not_a_number(node, field))
        digits = text.lstrip("+-")
        if len(digits) > 1 and digits[0] == "0" and digits[1] not in "xX":
            if node.source.bare_strings:
                hint = f"write {text[0] * (text[0] == '-')}{digits.lstrip('0') or 0}"
                raise _WrongError(f"'{text}' could be octal or decimal", hint)
            value = int(digits, 8)
        elif len(digits) > 30 and digits[1] not in "xX":
            value = high + 1
        else:
            value = int(digits, 0)
        if text[0] == "-":
            value = -value
        if not low <= value <= high:
            limits = f"{low:,} to {high:,}" if high < 2**60 else f"{field.bits} bits"
            raise _WrongError(
                f"{text[:_SHOWN]} is out of range: '{field.name}' ({field.type_name}) takes {limits}", None
            )
        return value

    return convert


def _float(field: Field) -> Convert:
    largest = _LARGEST[field.bits]

    def convert(node: Node) -> float:
        text = node.text or ""
        if node.quoted:
            raise _WrongError(*_not_a_number(node, field))
        if m := _REAL.fullmatch(text):
            value = float(text[:-1] if m["f"] else text)
        elif special := _NOT_FINITE.fullmatch(text):
            return float(special[1] + special[2])
        elif _WHOLE.fullmatch(text):
            value = _hexadecimal(text)
        else:
            raise _WrongError(*_not_a_number(node, field))
        if not -largest < value < largest:
            raise _WrongError(
                f"{text[:_SHOWN]} is out of range: '{field.name}' is a {field.bits}-bit {field.type_name}",
                None,
            )
        return value

    return convert


def _hexadecimal(text: str) -> float:
    """The value of a whole number such as ``0x1F``; infinity if it exceeds all floats."""
    try:
        return float(int(text, 16))
    except OverflowError:
        return math.inf


def _bool(field: Field) -> Convert:
    def convert(node: Node) -> bool:
        text = node.text or ""
        value = _TRUTHS.get(text)
        if value is not None and not node.quoted:
            return value
        likely = _LIKELY_TRUTHS.get(text.lower())
        hint = f"write '{field.name}: {likely}'" if likely else None
        if value is not None:
            hint = "remove the quotes"
        raise _WrongError(f"'{field.name}' takes true or false, not {_shown(node)}", hint)

    return convert


def _string(field: Field) -> Convert:
    def convert(node: Node) -> str:
        text = node.text or ""
        if not node.quoted and not node.source.bare_strings:
            hint = f"write '{field.name}: \"{text[:_SHOWN]}\"'"
            raise _WrongError(f"'{field.name}' takes a string in quotes, not {_shown(node)}", hint)
        if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
            raise _WrongError(f"the string of '{field.name}' is not UTF-8", "save the file as UTF-8")
        return text

    return convert


def _bytes(field: Field) -> Convert:
    def convert(node: Node) -> bytes:
        text = node.text or ""
        if node.source.bare_strings:  # YAML's escapes can't express bytes; the text has prototxt's escapes
            text = unescape(text)[0]
        elif not node.quoted:
            raise _WrongError(f"'{field.name}' takes bytes in quotes, not {_shown(node)}", None)
        return text.encode("utf-8", "surrogateescape")

    return convert


def _enum(field: Field) -> Convert:
    values = field.values
    numbers = {str(number): number for number in values.values()}
    enum = f"{field.full_name.rpartition('.')[0]}.{field.type_name}"

    def convert(node: Node) -> int:
        text = node.text or ""
        quoted = node.quoted and not node.source.bare_strings
        value = values.get(text, numbers.get(text))
        if quoted and value is not None:
            raise _WrongError(f"'{field.name}' takes a name without quotes", f"write '{field.name}: {text}'")
        if quoted or value is None:
            forks = forks_with(enum, text)
            hint = f"a value of {forks}, which Layerzoo does not support" if forks else _near(text, values)
            named = ", ".join(values) if len(values) <= _MAX_NAMED else f"one of {len(values)} names"
            raise _WrongError(f"'{field.name}' takes {named}, not {_shown(node)}", hint)
        return value

    return convert


_CONVERTERS: Final[Mapping[str, Callable[[Field], Convert]]] = {
    "int": _int,
    "float": _float,
    "bool": _bool,
    "string": _string,
    "bytes": _bytes,
    "enum": _enum,
}


def _not_a_number(node: Node, field: Field) -> tuple[str, str | None]:
    """Message and hint for a text that is not a number of the expected type."""
    text = node.text or ""
    hint: str | None = None
    if node.quoted and (_WHOLE if field.kind == "int" else _REAL).fullmatch(text):
        hint = "remove the quotes"
    elif field.kind == "int" and _REAL.fullmatch(text) and len(text) < _SHOWN:
        value = float(text.rstrip("fF"))
        if value.is_integer() and abs(value) < 2**53:
            hint = f"write {int(value)}"
    elif "," in text and _REAL.fullmatch(text.replace(",", ".", 1)):
        hint = f"write {text.replace(',', '.', 1)}"
    return f"'{field.name}' takes {_expected(field)}, not {_shown(node)}", hint


def _near(text: str, values: Iterable[str]) -> str | None:
    return did_you_mean(nearest(text, values))


def _expected(field: Field) -> str:
    """The value that a field takes, for messages."""
    if field.kind == "int":
        return f"an integer ({field.type_name})"
    return {
        "float": "a number",
        "bool": "true or false",
        "string": "a string",
        "bytes": "bytes",
        "enum": f"a name of {field.type_name}",
        "message": "fields",
    }[field.kind]


def _shown(node: Node) -> str:
    text = node.text or ""
    text = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return f'the string "{text}"' if node.quoted else f"'{text}'"
