"""Write messages as prototxt or YAML; reading the text gives an equal message.

Fields are in the order of the schema. A float has the fewest digits that read back as the same float. A YAML
string has no quotes only if no YAML reader could take it for another type.
"""

from __future__ import annotations

import json
import math
import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from google.protobuf.message import Message

from layerzoo.atomic import write_atomic
from layerzoo.errors import LayerzooError
from layerzoo.loader.files import Format, format_of
from layerzoo.schema import Field, fields

_WIDTH: Final = 100
_FLOW_FIELDS: Final = 4
_PLAIN: Final = re.compile(r"(?:[A-Za-z_]|\.{0,2}/)[\w./+-]*(?: [\w./+-]+)*", re.ASCII)
_TAKEN: Final = frozenset(
    ("true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf", "infinity")
)
_UNPRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def emit(message: Message, to: Format) -> str:
    """The text of a message, without comments; it ends with a newline."""
    lines = _yaml_fields(message, "") if to == "yaml" else _prototxt_fields(message, "")
    return "".join(f"{line}\n" for line in lines)


def write_config(message: Message, path: str | os.PathLike[str]) -> None:
    """Write a message to a file atomically, in the format of the file's suffix.

    Raises:
        LayerzooError: the file can't be written.
    """
    target = Path(path)
    try:
        write_atomic(target, emit(message, format_of(target, "")))
    except OSError as error:
        raise LayerzooError(f"{target} can't be written: {error.strerror or error}") from None


def scalar_text(field: Field, value: Any) -> str:
    """A scalar as prototxt."""
    return _prototxt_scalar(field, value)


def _set_fields(message: Message) -> list[tuple[Field, Any]]:
    """The fields that are set, in the order of the schema."""
    values = {descriptor.name: value for descriptor, value in message.ListFields()}
    return [(field, values[name]) for name, field in fields(type(message)).items() if name in values]


def _prototxt_fields(message: Message, indent: str) -> Iterator[str]:
    for field, value in _set_fields(message):
        for one in value if field.repeated else [value]:
            if field.kind != "message":
                yield f"{indent}{field.name}: {_prototxt_scalar(field, one)}"
            elif not one.ListFields():
                yield f"{indent}{field.name} {{}}"
            else:
                yield f"{indent}{field.name} {{"
                yield from _prototxt_fields(one, indent + "  ")
                yield f"{indent}}}"


def _yaml_fields(message: Message, indent: str) -> Iterator[str]:
    """Lines in block style; a small message of scalars is on one line."""
    for field, value in _set_fields(message):
        flow = _flow(field, value)
        scalar = field.kind != "message" and (not field.repeated or len(value) == 1)
        if flow is not None and (scalar or len(indent) + len(field.name) + len(flow) + 2 <= _WIDTH):
            yield f"{indent}{field.name}: {flow}"
        elif field.kind != "message":
            yield f"{indent}{field.name}:"
            yield from (f"{indent}  - {yaml_scalar(field, one)}" for one in value)
        elif not field.repeated:
            yield f"{indent}{field.name}:"
            yield from _yaml_fields(value, indent + "  ")
        else:
            yield f"{indent}{field.name}:"
            for one in value:
                lines = list(_yaml_fields(one, indent + "    ")) or [f"{indent}    {{}}"]
                yield f"{indent}  - {lines[0].lstrip()}"
                yield from lines[1:]


def _flow(field: Field, value: Any) -> str | None:
    """A value on one line (flow style); None if it should have lines of its own."""
    if not field.repeated:
        return _flow_message(field, value) if field.kind == "message" else yaml_scalar(field, value)
    one_line = _flow_message if field.kind == "message" else yaml_scalar
    texts = [text for one in value if (text := one_line(field, one)) is not None]
    if len(texts) < len(value):
        return None
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def _flow_message(field: Field, message: Message) -> str | None:
    """``{type: xavier}``; None for a layer, a net, and a message that holds more than a few scalars."""
    inside = _set_fields(message)
    if not inside:
        return "{}"
    if field.type_name in {"LayerParameter", "NetParameter"} or len(inside) > _FLOW_FIELDS:
        return None
    if any(inner.kind == "message" for inner, _ in inside):
        return None
    return "{" + ", ".join(f"{inner.name}: {_flow(inner, value)}" for inner, value in inside) + "}"


def _prototxt_scalar(field: Field, value: Any) -> str:
    if field.kind == "string":
        return '"' + "".join(_ESCAPES.get(c) or (c if c >= " " else f"\\{ord(c):03o}") for c in value) + '"'
    if field.kind == "bytes":
        return f'"{_escaped_bytes(value)}"'
    return _number(field, value)


def yaml_scalar(field: Field, value: Any) -> str:
    """A scalar as YAML has it, in quotes only where a reader could take it for another type."""
    if field.kind == "bytes":
        value = _escaped_bytes(value)  # prototxt's escapes inside the text, since YAML's can't express bytes
    elif field.kind != "string":
        text = _number(field, value)
        if field.kind == "float" and not math.isfinite(value):
            return text.replace("inf", ".inf").replace("nan", ".nan")
        # some YAML readers recognise a float only by a dot before its exponent
        return text.replace("e", ".0e") if field.kind == "float" and "." not in text else text
    if _PLAIN.fullmatch(value) and value.lower() not in _TAKEN:
        return str(value)
    return _UNPRINTABLE.sub(lambda m: f"\\u{ord(m[0]):04x}", json.dumps(value, ensure_ascii=False))


def _number(field: Field, value: Any) -> str:
    """A number, boolean or enum name; the same in both formats."""
    if field.kind == "bool":
        return "true" if value else "false"
    if field.kind == "enum":
        return next((name for name, number in field.values.items() if number == value), str(value))
    if field.kind == "float":
        return _float(value, field.bits)
    return str(value)


def _float(value: float, bits: int) -> str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if bits == 64:
        return f"{int(value)}" if value.is_integer() and abs(value) < 1e16 and value else repr(value)
    for digits in range(6, 9):
        text = f"{value:.{digits}g}"
        if struct.unpack("f", struct.pack("f", float(text)))[0] == value:
            return text
    return f"{value:.9g}"


def _escaped_bytes(value: bytes) -> str:
    return "".join(_ESCAPES.get(chr(b)) or (chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in value)
