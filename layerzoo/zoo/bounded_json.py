"""Parse JSON of strangers: bounded in depth and number of values, without duplicate keys or unsafe texts.

Sizes in bytes are checked by the code that reads the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from math import isfinite
from typing import Any, Final

MAX_DEPTH: Final = 16
MAX_CONTAINERS: Final = 500_000
MAX_VALUES: Final = 2_000_000
_MAX_DIGITS: Final = 19
"""Digits of the largest integer; 64 bits have as many."""

# A string, possibly unterminated, or a bracket; possessive, so that no input is matched in quadratic time.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What can control a terminal or the direction of text, and halves of surrogate pairs."""
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{\]}]', re.DOTALL)


def parse_json(data: bytes) -> Any:
    """Parse a JSON text.

    Raises:
        ValueError: it is not JSON in UTF-8, or is nested too deeply, has too many values, a duplicate key, a
            number that is not finite or does not fit into 64 bits, or text that is not valid Unicode.
    """
    if data.count(b"[") + data.count(b"{") > MAX_CONTAINERS or data.count(b",") > MAX_VALUES:
        raise ValueError("too many values")
    _check_depth(data)
    return json.loads(
        data.decode("utf-8"),
        parse_int=_integer,
        parse_float=_number,
        parse_constant=_refuse,
        object_pairs_hook=_unique,
    )


def check_text(value: object, what: str, limit: int, lines: bool = False) -> str:
    """Check a text of a stranger.

    Args:
        value: what stands in place of the text.
        what: its name in the error.
        limit: largest number of characters.
        lines: whether it may have line breaks and tabs.

    Raises:
        ValueError: it is not a string, too long, or has characters that control a terminal.
    """
    if not isinstance(value, str):
        raise ValueError(f"{what} is not a text")
    if len(value) > limit:
        raise ValueError(f"{what} has {len(value):,} characters; at most {limit:,} are allowed")
    for match in _CONTROL.finditer(value):
        if not (lines and match[0] in "\n\r\t"):
            raise ValueError(f"{what} has the control character {match[0]!a}")
    return value


def check_texts(value: object, what: str, count: int, limit: int) -> list[str]:
    """Check a list of texts of a stranger; see `check_text`.

    Raises:
        ValueError: it is not a list, has more than ``count`` texts, or one of them is invalid.
    """
    if not isinstance(value, list) or len(value) > count:
        raise ValueError(f"{what} is not a list of at most {count:,} texts")
    return [check_text(one, what, limit) for one in value]


def check_integer(value: object, what: str, most: int, least: int = 0) -> int:
    """Check an integer of a stranger.

    Raises:
        ValueError: it is not an integer, or out of range.
    """
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{what} is not an integer from {least} to {most}")
    return value


def check_results(value: object, what: str, count: int, limit: int) -> dict[str, float]:
    """Check results by name, such as ``{"accuracy": 0.98}``.

    Raises:
        ValueError: it is not an object of at most ``count`` finite numbers, or a name is invalid.
    """
    if not isinstance(value, dict) or len(value) > count:
        raise ValueError(f"{what} is not an object of at most {count:,} numbers")
    found = {}
    for name, number in value.items():
        check_text(name, f"a name in {what}", limit)
        if type(number) not in {int, float} or not isfinite(number):
            raise ValueError(f"'{name}' in {what} is not a finite number")
        found[name] = float(number)
    return found


def _check_depth(data: bytes) -> None:
    depth = 0
    for token in _TOKEN.finditer(data):
        first = token[0][:1]
        if first in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError(f"nested more than {MAX_DEPTH} deep")
        elif first in b"]}":
            depth -= 1


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > _MAX_DIGITS:
        raise ValueError(f"an integer of {len(text.lstrip('-')):,} digits")
    return int(text)


def _number(text: str) -> float:
    value = float(text) if len(text) <= 100 else float("inf")
    if not isfinite(value):
        raise ValueError(f"{text[:40]} is not a finite number")
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key occurs twice")
    for key, value in pairs:
        for text in (key, value):
            if isinstance(text, str):
                text.encode()  # half of a surrogate pair raises
    return found
