"""BlobProto on protobuf's wire, as Caffe and its forks have written it.

Read are ``shape`` or the four legacy sizes, C3D's five; ``data`` and ``double_data``, packed or not; and
NVIDIA's ``raw_data`` in half, single or double precision. Written are ``data`` or ``double_data``, ``diff``
and ``shape``, a blob at a time: a file is a list of pieces, in which a blob stands for its own values.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from layerzoo.atomic import atomic_path
from layerzoo.blobs.stored import Shape, StoredBlob
from layerzoo.blobs.wire import BYTES, FIXED32, FIXED64, VARINT, Wire, header, open_wire
from layerzoo.errors import LayerzooError
from layerzoo.schema import BlobProto, BlobShape

MAX_BYTES = 2**31 - 1
"""The largest message that protobuf, and so Caffe, can read."""
MAX_AXES = 32
"""Caffe's limit of a blob's axes."""

_RAW_TYPES = {0: "<f8", 1: "<f4", 2: "<f2", 3: "<i4", 4: "<u4"}
_RAW_BY_SIZE = {8: "<f8", 4: "<f4", 2: "<f2"}

Piece = bytes | torch.Tensor
"""A stretch of a file; a tensor is copied when its turn to be written comes."""


def read_binaryproto(path: Path, what: str, error: type[LayerzooError]) -> StoredBlob:
    """The blob that a file is.

    Raises:
        OSError: the file can't be read.
        error: it holds something else, or no values.
    """
    wire = open_wire(path, what, error)
    blob = read_blob(wire, 0, len(wire.buffer), "it")
    if not prod(blob.shape):
        raise error(f"{path}: no values in it; damaged, or not {what}")
    return blob


def read_blob(wire: Wire, start: int, end: int, what: str) -> StoredBlob:
    """The BlobProto at a place, its shape checked against its bytes; ``what`` is what an error calls it.

    Raises:
        wire.error: they don't agree, or the bytes are no message.
    """
    fields = list(wire.fields(start, end))
    sizes = {number: value for number, kind, value, _ in fields if kind == VARINT}
    is_c3d = 5 in sizes  # there the fifth field is the width, the sixth the data, the seventh the diff
    data, axes = (6, range(1, 6)) if is_c3d else (5, range(1, 5))
    shape = tuple(sizes.get(n, 0) for n in axes) if sizes.keys() & set(axes) else None
    singles: list[NDArray[np.generic]] = []
    doubles: list[NDArray[np.generic]] = []
    raw = None
    for number, kind, a, b in fields:
        if number == data and kind == BYTES:
            singles.append(wire.packed_values(a, b, "<f4"))
        elif number == data and kind == FIXED32:
            singles.append(wire.fixed_values(a, b, "<f4"))
        elif number == 8 and kind == BYTES:
            doubles.append(wire.packed_values(a, b, "<f8"))
        elif number == 8 and kind == FIXED64:
            doubles.append(wire.fixed_values(a, b, "<f8"))
        elif number == 7 and kind == BYTES and not is_c3d:
            shape = _shape(wire, a, b)
        elif number == 12 and kind == BYTES:
            raw = a, b
    chunks = doubles or singles
    if raw and not chunks:
        chunks = [wire.packed_values(*raw, _raw_dtype(wire, sizes.get(10), raw[1] - raw[0], shape, what))]
    count = sum(map(len, chunks))
    if shape is None:
        shape = () if count == 1 else (count,)
    if len(shape) > MAX_AXES or prod(shape) != count:
        said = " x ".join(map(str, shape[:MAX_AXES])) or "one value"
        raise wire.damaged(f"{what} says {said} and holds {count:,} values", start)
    return StoredBlob(shape, partial(_tensor, chunks, shape))


def values_of(blob: BlobProto) -> torch.Tensor:
    """The values of a blob that a message holds, in one row, in the precision that it holds them in."""
    if blob.double_data:
        return torch.tensor(blob.double_data, dtype=torch.float64)
    return torch.tensor(blob.data, dtype=torch.float32)


def blob_pieces(blob: torch.Tensor, diff: torch.Tensor | None = None) -> list[Piece]:
    """A blob as a BlobProto, in single precision (double where it is), with its gradient if one is given."""
    is_double = blob.dtype == torch.float64
    pieces = field_pieces(8 if is_double else 5, [blob])
    if diff is not None:
        pieces += field_pieces(9 if is_double else 6, [diff.to(blob.dtype)])
    return [*pieces, *field_pieces(7, [BlobShape(dim=blob.shape).SerializeToString()])]


def field_pieces(number: int, pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces as the bytes of a field."""
    return [header(number, _size(pieces)), *pieces]


def write_pieces(path: Path, pieces: Sequence[Piece], error: type[LayerzooError], instead: str) -> None:
    """Make a file of pieces.

    Raises:
        error: it would be larger than protobuf can read; ``instead`` says what to do.
        OSError: it can't be written; what stood there before still does.
    """
    size = _size(pieces)
    if size > MAX_BYTES:
        limit = "the 2.1 GB that Caffe's binary format can hold"
        raise error(f"{path}: {size / 1e9:.1f} GB, more than {limit}; {instead}")
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        for piece in pieces:
            file.write(piece if isinstance(piece, bytes) else _values(piece))


def _shape(wire: Wire, start: int, end: int) -> Shape:
    """A BlobShape; its one field is packed or not."""
    dims: list[int] = []
    for number, kind, value, stop in wire.fields(start, end):
        if number == 1 and kind == VARINT:
            dims.append(value)
        elif number == 1 and kind == BYTES:
            at = value
            while at < stop:
                dim, at = wire.varint(at, stop)
                dims.append(dim)
    return tuple(dims)


def _raw_dtype(wire: Wire, code: int | None, length: int, shape: Shape | None, what: str) -> str:
    """The dtype of NVIDIA's ``raw_data``; where it isn't said, the length tells."""
    dtype = _RAW_BY_SIZE.get(length // max(1, prod(shape or ()))) if code is None else _RAW_TYPES.get(code)
    if dtype is None:
        raise wire.error(f"{wire.name}: {what} has raw data of a type ({code}) that can't be read")
    return dtype


def _tensor(chunks: list[NDArray[np.generic]], shape: Shape) -> torch.Tensor:
    """A copy of the values, aligned and in the machine's byte order."""
    if not chunks:
        return torch.zeros(shape)
    first = chunks[0].dtype
    dtype = first.newbyteorder("=") if first.kind == "f" else np.dtype("f4")
    values = np.concatenate(chunks, dtype=dtype, casting="unsafe")
    return torch.from_numpy(values.reshape(shape))


def _size(pieces: Sequence[Piece]) -> int:
    """Bytes in the file."""
    return sum(
        len(p) if isinstance(p, bytes) else p.numel() * (8 if p.dtype == torch.float64 else 4) for p in pieces
    )


def _values(blob: torch.Tensor) -> memoryview:
    """The values as they stand in the file."""
    dtype = torch.float64 if blob.dtype == torch.float64 else torch.float32
    values = blob.detach().to("cpu", dtype).contiguous().flatten().numpy()
    return values.astype(values.dtype.newbyteorder("<"), copy=False).data
