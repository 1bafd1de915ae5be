"""Convert the text of a scalar to the type of its field."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from layerzoo.errors import did_you_mean, nearest
from layerzoo.forks import forks_with
from layerzoo.nodes import Node
from layerzoo.nodes.prototxt import unescape
from layerzoo.schema import Field

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
_MAX_NAMED = 12
_SHOWN = 60

Convert = Callable[[Node], Any]


class WrongError(Exception):
    """A scalar is invalid for its field; the arguments are message and hint."""


def _int(field: Field) -> Convert:
    low, high = field.range or (0, 0)

    def convert(node: Node) -> int:
        text = node.text or ""
        if node.quoted or not _WHOLE.fullmatch(text):
            raise WrongError(*_not_a_number(node, field))
        digits = text.lstrip("+-")
        if len(digits) > 1 and digits[0] == "0" and digits[1] not in "xX":
            if node.source.bare_strings:
                hint = f"write {text[0] * (text[0] == '-')}{digits.lstrip('0') or 0}"
                raise WrongError(f"'{text}' could be octal or decimal", hint)
            value = int(digits, 8)
        elif len(digits) > 30 and digits[1] not in "xX":
            value = high + 1
        else:
            value = int(digits, 0)
        if text[0] == "-":
            value = -value
        if not low <= value <= high:
            limits = f"{low:,} to {high:,}" if high < 2**60 else f"{field.bits} bits"
            raise WrongError(
                f"{text[:_SHOWN]} is out of range: '{field.name}' ({field.type_name}) takes {limits}", None
            )
        return value

    return convert


def _float(field: Field) -> Convert:
    largest = _LARGEST[field.bits]

    def convert(node: Node) -> float:
        text = node.text or ""
        if node.quoted:
            raise WrongError(*_not_a_number(node, field))
        if m := _REAL.fullmatch(text):
            value = float(text[:-1] if m["f"] else text)
        elif special := _NOT_FINITE.fullmatch(text):
            return float(special[1] + special[2])
        elif _WHOLE.fullmatch(text):
            value = _hexadecimal(text)
        else:
            raise WrongError(*_not_a_number(node, field))
        if not -largest < value < largest:
            raise WrongError(
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
        raise WrongError(f"'{field.name}' takes true or false, not {shown(node)}", hint)

    return convert


def _string(field: Field) -> Convert:
    def convert(node: Node) -> str:
        text = node.text or ""
        if not node.quoted and not node.source.bare_strings and node.written is None:
            hint = f"write '{field.name}: \"{text[:_SHOWN]}\"'"
            raise WrongError(f"'{field.name}' takes a string in quotes, not {shown(node)}", hint)
        if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
            raise WrongError(f"the string of '{field.name}' is not UTF-8", "save the file as UTF-8")
        return text

    return convert


def _bytes(field: Field) -> Convert:
    def convert(node: Node) -> bytes:
        text = node.text or ""
        if node.source.bare_strings:  # YAML's escapes can't express bytes; the text has prototxt's escapes
            text = unescape(text)[0]
        elif not node.quoted:
            raise WrongError(f"'{field.name}' takes bytes in quotes, not {shown(node)}", None)
        return text.encode("utf-8", "surrogateescape")

    return convert


def _enum(field: Field) -> Convert:
    values = field.values
    numbers = {str(number): number for number in values.values()}
    enum = f"{field.full_name.rpartition('.')[0]}.{field.type_name}"

    def convert(node: Node) -> int:
        text = node.text or ""
        quoted = node.quoted and not node.source.bare_strings and node.written is None
        value = values.get(text, numbers.get(text))
        if quoted and value is not None:
            raise WrongError(f"'{field.name}' takes a name without quotes", f"write '{field.name}: {text}'")
        if quoted or value is None:
            forks = forks_with(enum, text)
            hint = f"a value of {forks}, which Layerzoo does not support" if forks else _near(text, values)
            named = ", ".join(values) if len(values) <= _MAX_NAMED else f"one of {len(values)} names"
            raise WrongError(f"'{field.name}' takes {named}, not {shown(node)}", hint)
        return value

    return convert


CONVERTERS: Final[Mapping[str, Callable[[Field], Convert]]] = {
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
    return f"'{field.name}' takes {expected(field)}, not {shown(node)}", hint


def _near(text: str, values: Iterable[str]) -> str | None:
    return did_you_mean(nearest(text, values))


def expected(field: Field) -> str:
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


def shown(node: Node) -> str:
    """A value as written, for messages."""
    text = node.text or ""
    text = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return f'the string "{text}"' if node.quoted else f"'{text}'"
