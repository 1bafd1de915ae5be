"""Dataclasses as JSON: read with checks, written, and described by JSON schemas."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from layerzoo.errors import UsageError, did_you_mean, nearest

T = TypeVar("T")

MAX_TEXT: Final = 1 << 20
_NAMES: Final = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}
_SCHEMAS: Final = {str: "string", int: "integer", float: "number", bool: "boolean"}


def read(kind: type[T], value: object, where: str = "") -> T:
    """Build a value of a type from JSON.

    Args:
        kind: a dataclass, ``str``, ``int``, ``float``, ``bool``, ``Literal``, ``list[…]``, ``dict[str, …]``,
            or one of these or None.
        where: the name of the value, for messages.

    Raises:
        UsageError: the value isn't of the type; the message names the field.
    """
    result: T = _read(kind, value, where)
    return result


def read_query(kind: type[T], pairs: Sequence[tuple[str, str]]) -> T:
    """Build a dataclass from the parameters of an address; a list takes all parameters of its name.

    Raises:
        UsageError: a parameter is unknown or isn't of its field's type.
    """
    hints: Mapping[str, Any] = _hints(kind)  # type: ignore[arg-type]  # a class can be hashed
    values: dict[str, Any] = {}
    for name, text in pairs:
        hint = hints.get(name)
        if hint is None:
            raise UsageError(_unknown(name, hints))
        if get_origin(hint) is list:
            values.setdefault(name, []).append(_from_text(get_args(hint)[0], text, name))
        else:
            values[name] = _from_text(hint, text, name)
    return read(kind, values)


def written(value: object) -> Any:
    """The value as JSON's types; numbers that JSON lacks (NaN, infinity) as null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: written(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): written(item) for key, item in value.items()}
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, str | int | type(None)):
        return value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Sequence):
        return [written(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def schema(kind: Any) -> dict[str, Any]:
    """The JSON schema of a type that `read` reads; dataclasses are inline."""
    if kind in _SCHEMAS:
        return {"type": _SCHEMAS[kind]}
    if kind in (Any, object):
        return {}
    if kind is Path:
        return {"type": "string"}
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return {"anyOf": [{"type": "null"} if arg is type(None) else schema(arg) for arg in args]}
    if origin is Literal:
        return {"enum": list(args)}
    if origin is list:
        return {"type": "array", "items": schema(args[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema(args[1])}
    hints = _hints(kind)
    needed = [one.name for one in dataclasses.fields(kind) if _is_needed(one)]
    described: dict[str, Any] = {
        "type": "object",
        "title": kind.__name__,
        "properties": {name: schema(hint) for name, hint in hints.items()},
    }
    return {**described, "required": needed} if needed else described


def _read(kind: Any, value: Any, where: str) -> Any:
    if kind in (Any, object):
        return value
    if kind in _NAMES:
        return _simple(kind, value, where)
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in args:
            return None
        return _read(next(arg for arg in args if arg is not type(None)), value, where)
    if origin is Literal:
        if value not in args or isinstance(value, bool):
            expected = ", ".join(map(str, args))
            raise UsageError(f"{_named(where)} is {_shown(value)}; expected one of {expected}")
        return value
    if origin is list:
        if not isinstance(value, list):
            raise UsageError(f"{_named(where)} is {_shown(value)}; expected a list")
        return [_read(args[0], item, f"{where}[{index}]") for index, item in enumerate(value)]
    if not isinstance(value, dict):
        raise UsageError(f"{_named(where)} is {_shown(value)}; expected an object")
    if origin is dict:
        return {str(key): _read(args[1], item, f"{where}.{key}") for key, item in value.items()}
    return _read_fields(kind, value, where)


def _read_fields(kind: Any, value: Mapping[str, Any], where: str) -> Any:
    hints = _hints(kind)
    for name in value:
        if name not in hints:
            raise UsageError(_unknown(name, hints))
    missing = [one.name for one in dataclasses.fields(kind) if _is_needed(one) and one.name not in value]
    if missing:
        raise UsageError(f"{_named(where)} lacks {', '.join(missing)}")
    inner = f"{where}." if where else ""
    return kind(**{name: _read(hints[name], item, f"{inner}{name}") for name, item in value.items()})


def _simple(kind: type, value: Any, where: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise UsageError(f"{_named(where)} is {_shown(value)}; expected {_NAMES[kind]}")
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise UsageError(f"{_named(where)} has {len(value):,} characters; at most {MAX_TEXT:,} are taken")
    if isinstance(value, float) and not isfinite(value):
        raise UsageError(f"{_named(where)} is {value}; expected a finite number")
    return value


def _from_text(kind: Any, text: str, where: str) -> Any:
    """A parameter's text as JSON's type."""
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(arg for arg in get_args(kind) if arg is not type(None))
    if kind is bool:
        if text not in ("true", "false", "1", "0"):
            raise UsageError(f"'{where}' is {_shown(text)}; expected true or false")
        return text in ("true", "1")
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            raise UsageError(f"'{where}' is {_shown(text)}; expected {_NAMES[kind]}") from None
    return text


@lru_cache(maxsize=512)
def _hints(kind: Any) -> dict[str, Any]:
    return {one.name: get_type_hints(kind)[one.name] for one in dataclasses.fields(kind)}


def _is_needed(one: dataclasses.Field[Any]) -> bool:
    return one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING


def _unknown(name: str, hints: Mapping[str, Any]) -> str:
    hint = did_you_mean(nearest(name, hints))
    return f"unknown field {_shown(name)}; {hint or 'known: ' + ', '.join(hints)}"


def _named(where: str) -> str:
    return f"'{where}'" if where else "the body"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
