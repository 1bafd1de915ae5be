"""Read protobuf's wire format without a schema, with limits and without copying large values.

Weights can't be parsed by the schema: forks of Caffe have reused its field numbers, and Python's protobuf
takes seconds to copy values that numpy can view in place.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layerzoo.errors import LayerzooError
from layerzoo.regular_file import open_regular

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Kinds of fields."""

MAX_FIELDS = 4_000_000
"""The most fields that one file may hold; runs of fixed-size values count as one."""

_RUN_CHUNK = 1 << 20
_FIXED_SIZE = {FIXED64: 8, FIXED32: 4}

Field = tuple[int, int, int, int]
"""Field number, kind, and two integers: value and 0 of a varint, else start and end of the bytes."""


class Wire:
    """The fields of messages in a buffer.

    Args:
        buffer: the file.
        name: its name.
        what: what the file should be, for error messages: ``a solver state``.
        error: the exception for invalid bytes.
    """

    def __init__(self, buffer: bytes | mmap, name: str, what: str, error: type[LayerzooError]) -> None:
        self.buffer = buffer
        self.name, self.what, self.error = name, what, error
        self._left = MAX_FIELDS

    def fields(self, at: int, end: int) -> Iterator[Field]:
        """Iterate over the fields of the message in ``[at, end)``.

        Consecutive 32 or 64-bit values of one field number (an unpacked repeated field) are one field, from
        the first tag to the end of the last value; `fixed_values` reads them.

        Raises:
            self.error: the bytes are not a valid message.
        """
        while at < end:
            self._left -= 1
            if self._left < 0:
                raise self.damaged(f"more than {MAX_FIELDS:,} fields", at)
            start = at
            tag, at = self.varint(at, end)
            number, kind = tag >> 3, tag & 7
            if kind == VARINT:
                value, at = self.varint(at, end)
                yield number, kind, value, 0
            elif kind == BYTES:
                size, at = self.varint(at, end)
                if size > end - at:
                    raise self.damaged(f"a field of {size:,} bytes, but only {end - at:,} are left", start)
                yield number, kind, at, at + size
                at += size
            elif kind in _FIXED_SIZE:
                size = _FIXED_SIZE[kind]
                if size > end - at:
                    raise self.damaged("it ends inside a number", start)
                at = self._run_end(start, end, tag, size) if at == start + 1 else at + size
                yield number, kind, start, at
            else:
                raise self.damaged(f"field {number} is of unknown kind {kind}", start)

    def varint(self, at: int, end: int) -> tuple[int, int]:
        """The unsigned integer that begins at ``at``, and the position after it."""
        value = shift = 0
        for place in range(at, min(end, at + 10)):
            byte = self.buffer[place]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, place + 1
            shift += 7
        raise self.damaged("it ends inside a number" if end - at < 10 else "a number of over 64 bits", at)

    def text(self, start: int, end: int) -> str:
        """The bytes of a string field as text."""
        return self.buffer[start:end].decode(errors="replace")

    def packed_values(self, start: int, end: int, dtype: str) -> NDArray[np.generic]:
        """A view of a packed repeated field.

        Raises:
            self.error: the size is not a multiple of the item size.
        """
        count, rest = divmod(end - start, np.dtype(dtype).itemsize)
        if rest:
            raise self.damaged(f"{end - start:,} bytes are not a whole number of {dtype} values", start)
        return np.frombuffer(self.buffer, dtype, count, start)

    def fixed_values(self, start: int, end: int, dtype: str) -> NDArray[np.generic]:
        """A view of consecutive unpacked values."""
        record = np.dtype([("tag", "u1"), ("value", dtype)])
        count = (end - start) // record.itemsize
        values: NDArray[np.generic] = np.frombuffer(self.buffer, record, count, start)["value"]
        return values

    def damaged(self, why: str, at: int) -> LayerzooError:
        """The error for bytes that are not a valid message."""
        return self.error(f"{self.name}: damaged at byte {at:,}, or not {self.what}: {why}")

    def _run_end(self, start: int, end: int, tag: int, size: int) -> int:
        """The position after consecutive values with the same one-byte tag."""
        stride = size + 1
        while (count := min(_RUN_CHUNK, (end - start) // stride)) > 0:
            tags = np.frombuffer(self.buffer, "u1", count * stride, start)[::stride]
            others = np.flatnonzero(tags != tag)
            if len(others):
                return start + int(others[0]) * stride
            start += count * stride
        return start


def open_wire(path: Path, what: str, error: type[LayerzooError]) -> Wire:
    """Map a file into memory; the mapping lives as long as a view of it.

    Raises:
        OSError: the file can't be read.
        error: the file is empty.
    """
    with open_regular(path) as file:
        if not os.fstat(file.fileno()).st_size:
            raise error(f"{path}: the file is empty; expected {what}")
        return Wire(mmap(file.fileno(), 0, access=ACCESS_READ), str(path), what, error)


def varint(number: int, value: int) -> bytes:
    """A field of a whole number, 0 or more."""
    return _varint(number << 3 | VARINT) + _varint(value)


def fixed32(number: int, value: float) -> bytes:
    """A field of a single-precision number."""
    return _varint(number << 3 | FIXED32) + np.array(value, "<f4").tobytes()


def header(number: int, size: int) -> bytes:
    """Tag and length of a length-delimited field."""
    return _varint(number << 3 | BYTES) + _varint(size)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
