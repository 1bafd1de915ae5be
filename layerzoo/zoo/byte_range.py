"""Ranges of bytes in HTTP requests. Source: RFC 9110, section 14."""

from __future__ import annotations

import re
from typing import Final

_RANGE: Final = re.compile(r"[ \t]*([0-9]*)[ \t]*-[ \t]*([0-9]*)[ \t]*")
_MAX_DIGITS: Final = 18


class UnsatisfiableRangeError(ValueError):
    """A range is malformed, or has no byte of the content."""


def requested_range(header: str, size: int) -> tuple[int, int] | None:
    """The first and the last byte that a header ``Range`` asks for; None for the whole content.

    Units other than bytes, and several ranges at once, are ignored, as the standard allows.

    Args:
        header: value of the header; empty if there is none.
        size: number of bytes of the content.

    Raises:
        UnsatisfiableRangeError: the range is malformed, or lies behind the end.
    """
    unit, equals, text = header.partition("=")
    if not header or unit.strip().lower() != "bytes" or "," in text:
        return None
    match = _RANGE.fullmatch(text)
    if not equals or match is None or not (match[1] or match[2]):
        raise UnsatisfiableRangeError(header)
    if not match[1]:  # the last bytes
        first, last = max(0, size - _number(match[2])), size - 1
    else:
        first, last = _number(match[1]), _number(match[2]) if match[2] else size - 1
        if match[2] and last < first:
            raise UnsatisfiableRangeError(header)
    if first >= size:
        raise UnsatisfiableRangeError(header)
    return first, min(last, size - 1)


def _number(text: str) -> int:
    """A number; one of very many digits counts as a very large one."""
    digits = text.lstrip("0")
    return int(digits or "0") if len(digits) <= _MAX_DIGITS else 10**_MAX_DIGITS
