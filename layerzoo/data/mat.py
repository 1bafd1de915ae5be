"""Read arrays of numbers from MATLAB's files of version 5, those of ``save`` up to R2006a and of ``-v7``."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Iterator
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from layerzoo.errors import DataError
from layerzoo.regular_file import read_bytes

MAX_BYTES: Final = 1 << 31
"""The largest file, and the most bytes of an array."""
_HEADER: Final = 128
_COMPRESSED, _MATRIX = 15, 14
_TYPES: Final = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
"""Types of numpy by the numbers of types of data elements."""
_CLASSES: Final = dict(enumerate(("f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"), 6))
"""Types of numpy by the numbers of classes of arrays."""
_MAX_AXES: Final = 16
_COMPLEX: Final = 0x0800


def read_mat(path: Path, names: Collection[str]) -> dict[str, NDArray[Any]]:
    """Read arrays by name; others are skipped.

    Raises:
        DataError: the file is damaged or of another version, or an array is missing or holds no numbers.
    """
    try:
        data = read_bytes(path, MAX_BYTES + 1)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    if len(data) > MAX_BYTES:
        raise DataError(f"{path}: more than {MAX_BYTES:,} bytes")
    if len(data) < _HEADER or data[126:128] not in (b"IM", b"MI"):
        hint = "; it is HDF5 (-v7.3)" if data.startswith(b"\x89HDF") or b"MATLAB 7.3" in data[:128] else ""
        raise DataError(f"{path}: not a MATLAB file of version 5{hint}")
    order = "<" if data[126:128] == b"IM" else ">"
    arrays: dict[str, NDArray[Any]] = {}
    try:
        for kind, content in _elements(memoryview(data)[_HEADER:], order):
            if kind == _COMPRESSED:
                for inner, unpacked in _elements(memoryview(_inflated(content)), order):
                    if inner == _MATRIX:
                        _add(arrays, unpacked, order, names)
            elif kind == _MATRIX:
                _add(arrays, content, order, names)
            if len(arrays) == len(names):
                break
    except (struct.error, zlib.error, ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: a damaged MATLAB file: {error!s:.200}") from None
    for name in names:
        if name not in arrays:
            raise DataError(f"{path}: no array '{name}' of numbers")
    return arrays


def _elements(data: memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    """The data elements: type and content."""
    place = 0
    while place + 8 <= len(data):
        kind, size = struct.unpack_from(f"{order}II", data, place)
        if kind >> 16:  # a small element: size and type in four bytes, and up to four bytes of content
            kind, size = kind & 0xFFFF, kind >> 16
            if size > 4:
                raise ValueError(f"a small element of {size} bytes")
            yield kind, data[place + 4 : place + 4 + size]
            place += 8
            continue
        place += 8
        if size > len(data) - place:
            raise ValueError(f"an element of {size:,} bytes, of which {len(data) - place:,} are there")
        yield kind, data[place : place + size]
        place += size if kind == _COMPRESSED else -(-size // 8) * 8


def _inflated(content: memoryview) -> bytes:
    inflate = zlib.decompressobj()
    data = inflate.decompress(content, MAX_BYTES)
    if inflate.unconsumed_tail:
        raise ValueError(f"an array of more than {MAX_BYTES:,} bytes")
    return data


def _add(arrays: dict[str, NDArray[Any]], content: memoryview, order: str, names: Collection[str]) -> None:
    """Add an array whose name is wanted and that holds real numbers."""
    parts = list(_elements(content, order))
    if len(parts) < 4:
        return
    flags = struct.unpack_from(f"{order}I", parts[0][1])[0]
    name = bytes(parts[2][1]).decode("ascii")
    if name not in names or flags & 0xFF not in _CLASSES or flags & _COMPLEX:
        return
    shape = struct.unpack(f"{order}{len(parts[1][1]) // 4}i", parts[1][1])
    kind, values = parts[3]
    if kind not in _TYPES or min(shape, default=0) < 0 or not 1 < len(shape) <= _MAX_AXES:
        raise ValueError(f"array '{name}' of type {kind} and {len(shape)} axes")
    stored = np.dtype(f"{order}{_TYPES[kind]}")
    if prod(shape) * stored.itemsize != len(values):
        raise ValueError(f"array '{name}': {' x '.join(map(str, shape))} values in {len(values):,} bytes")
    array = np.frombuffer(values, stored).astype(_CLASSES[flags & 0xFF], copy=False)
    arrays[name] = array.reshape(shape, order="F")
