"""Decode chunks of HDF5 datasets: deflate, shuffle, fletcher32 and h5py's lzf."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np

DEFLATE, SHUFFLE, FLETCHER32, LZF = 1, 2, 3, 32000
FILTERS: Final = {DEFLATE: "gzip", SHUFFLE: "shuffle", FLETCHER32: "fletcher32", LZF: "lzf"}
"""The filters that are decoded, by HDF5's number."""

_CHECKSUM_BYTES: Final = 4
_MODULUS: Final = 65535


def decode_chunk(data: bytes, filters: Sequence[int], size: int, itemsize: int) -> bytes:
    """Undo the filters that a chunk was stored by.

    Args:
        data: the stored bytes.
        filters: numbers of the filters, in the order in which they were applied.
        size: size of the chunk in bytes.
        itemsize: size of one value in bytes.

    Raises:
        ValueError: the result has another size, the checksum is wrong, or the bytes are damaged.
    """
    expected = size + _CHECKSUM_BYTES * filters.count(FLETCHER32)
    for code in reversed(filters):
        if code == DEFLATE:
            data = _inflated(data, expected)
        elif code == LZF:
            data = _lzf_decoded(data, expected)
        elif code == SHUFFLE:
            data = _unshuffled(data, itemsize)
        elif code == FLETCHER32:
            data = _verified(data)
        else:
            raise ValueError(f"filter {code} can't be decoded")
    if len(data) != size:
        raise ValueError(f"a chunk has {len(data):,} bytes; expected {size:,}")
    return data


def _inflated(data: bytes, limit: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, limit + 1)
    except zlib.error as error:
        raise ValueError(f"a chunk can't be inflated: {error}") from None


def _unshuffled(data: bytes, itemsize: int) -> bytes:
    """Put the bytes of each value together; bytes after the last whole value stay at the end."""
    whole = len(data) // itemsize * itemsize
    planes = np.frombuffer(data, np.uint8, whole).reshape(itemsize, -1)
    return planes.T.tobytes() + data[whole:]


def _verified(data: bytes) -> bytes:
    """The bytes before the checksum at their end."""
    if len(data) < _CHECKSUM_BYTES:
        raise ValueError("a chunk is shorter than its checksum")
    content, stored = data[:-_CHECKSUM_BYTES], data[-_CHECKSUM_BYTES:]
    words = np.frombuffer(content + bytes(len(content) % 2), ">u2").astype(np.uint64)
    weights = np.arange(len(words), 0, -1, dtype=np.uint64) % _MODULUS
    sums = [int((words * weight).sum()) % _MODULUS for weight in (np.uint64(1), weights)]
    # the sums stand in little-endian order; versions before 1.6.3 swapped the bytes of each on some machines
    for order in ("<u2", ">u2"):
        if [int(value) % _MODULUS for value in np.frombuffer(stored, order)] == sums:
            return content
    raise ValueError("the checksum of a chunk is wrong")


def _lzf_decoded(data: bytes, limit: int) -> bytes:
    """Decode LibLZF's format: runs of new bytes, and copies of up to 264 bytes from at most 8 KiB before."""
    out = bytearray()
    at, end = 0, len(data)
    while at < end and len(out) <= limit:
        control = data[at]
        at += 1
        if control < 32:
            out += data[at : at + control + 1]
            at += control + 1
            continue
        length = control >> 5
        if length == 7:
            length += data[at] if at < end else 0
            at += 1
        offset = (control & 31) << 8 | (data[at] if at < end else 0)
        at += 1
        length, start = length + 2, len(out) - offset - 1
        if start < 0 or at > end:
            raise ValueError("a chunk is damaged: a copy of bytes before its start")
        piece = out[start : start + length]
        out += (piece * (length // len(piece) + 1))[:length]  # a copy can run into itself
    return bytes(out)
