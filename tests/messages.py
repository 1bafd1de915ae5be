"""Messages put together by hand, field by field, as no schema would write them."""

from __future__ import annotations

import struct


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def number(field: int, value: int) -> bytes:
    """A varint field."""
    return varint(field << 3) + varint(value)


def data(field: int, content: bytes | str) -> bytes:
    """A field of bytes."""
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def floats(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)


def legacy(*sizes: int) -> bytes:
    """A blob's shape in numbered fields."""
    return b"".join(number(i, size) for i, size in enumerate(sizes, 1))


def shape(*sizes: int) -> bytes:
    """A blob's ``shape``."""
    return data(7, data(1, b"".join(map(varint, sizes))))
