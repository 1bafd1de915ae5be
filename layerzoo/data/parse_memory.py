"""Memory that a text takes once it is parsed, estimated before it is."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import torch

from layerzoo.errors import DataError
from layerzoo.memory.device import available_memory

_OBJECT: Final = 240
"""Bytes of an object of JSON with a few keys, beside what its commas stand for."""
_LIST: Final = 96
_VALUE: Final = 72
"""Bytes of a short text or a number, and of its place in what holds it."""
_ROW: Final = 240
"""Bytes of a row of a table, beside its values: lists, and the number of its line."""


def json_memory(text: bytes) -> int:
    """Bytes that a text in JSON takes at most, about, once it is parsed; linear in its size."""
    return (
        _OBJECT * text.count(b"{")
        + _LIST * text.count(b"[")
        + _VALUE * (text.count(b",") + text.count(b":"))
        + 2 * len(text)
    )


def table_memory(text: str, delimiter: str) -> int:
    """Bytes that a table of texts takes at most, about, once it is divided into rows and columns."""
    rows = text.count("\n")
    return (_VALUE + 16) * (text.count(delimiter) + rows) + _ROW * rows + 2 * len(text)


def check_memory(path: str | Path, needed: int) -> None:
    """Check that there is as much memory.

    Raises:
        DataError: there isn't.
    """
    available = available_memory(torch.device("cpu"))
    if available is not None and needed > available:
        raise DataError(
            f"{path}: reading it needs about {needed / 2**30:.1f} GiB of memory; "
            f"{available / 2**30:.1f} GiB are free; divide it into several files"
        )
