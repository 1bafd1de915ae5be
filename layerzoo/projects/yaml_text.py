"""Write YAML: layers of nets, and fields with the reasons for their values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Final

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_WORDS_OF_YAML: Final = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_WIDTH: Final = 100


class Word(str):
    """A text that stands without quotes, such as the name of an enum's value."""


def scalar(value: object) -> str:
    """A value in flow style: a number, a flag, a text, a list, or a mapping."""
    if isinstance(value, Word):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS_OF_YAML
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {scalar(one)}" for key, one in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(scalar, value)) + "]"
    return str(value)


def _number(value: float) -> str:
    """A number without loss; YAML 1.1 takes one with an exponent for a number only if it has a point."""
    text = repr(float(value))  # numpy writes its own with their type
    return text if "." in text or "e" not in text else text.replace("e", ".0e")


def comment(text: str, indent: str = "") -> str:
    """Comment lines, ending with a newline."""
    return "".join(f"{indent}# {line}\n" for line in wrap(text, _WIDTH))


def layer(name: str, kind: str, bottom: object, top: object, why: str = "", **fields: object) -> str:
    """A layer of a net, with a comment above it if there is a reason to give.

    Args:
        name, kind, bottom, top: its name, type, bottoms (None: none) and tops.
        why: the comment.
        fields: further fields, in order; those that are None are left out.
    """
    text = comment(why, "  ") if why else ""
    text += f"  - name: {scalar(name)}\n    type: {kind}\n"
    if bottom is not None:
        text += f"    bottom: {scalar(bottom)}\n"
    if top is not None:
        text += f"    top: {scalar(top)}\n"
    return text + "".join(_field(key, value, "    ") for key, value in fields.items() if value is not None)


def _field(key: str, value: object, indent: str) -> str:
    """A field in flow style if it fits a line, else in block style."""
    flow = f"{indent}{key}: {scalar(value)}\n"
    if len(flow) <= _WIDTH + 1:
        return flow
    if isinstance(value, Mapping):
        inner = "".join(_field(name, one, f"{indent}  ") for name, one in value.items())
        return f"{indent}{key}:\n{inner}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"{indent}{key}:\n" + "".join(f"{indent}  - {scalar(one)}\n" for one in value)
    return flow


def commented(key: str, value: object, why: str = "") -> str:
    """A field of a solver, with the reason above it."""
    return f"{comment(why)}{key}: {scalar(value)}\n"
