"""Read and write BlobProto messages of Caffe and its forks in protobuf's wire format.

The reader accepts ``shape``, the four legacy sizes or C3D's five; ``data`` and ``double_data``, packed or
not; and NVIDIA's ``raw_data`` in half, single or double precision. The writer writes ``data`` or
``double_data``, ``diff`` and ``shape``. It takes a file as a list of pieces, each of them bytes or a tensor,
and copies one tensor at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from layerzoo.atomic import atomic_path
from layerzoo.blobs.stored import Shape, StoredBlob
from layerzoo.blobs.wire import BYTES, FIXED32, FIXED64, VARINT, Wire, header, open_wire
from layerzoo.errors import LayerzooError
from layerzoo.reader import sandbox
from layerzoo.schema import BlobProto, BlobShape

if TYPE_CHECKING:  # reading a blob into an array needs no torch
    import torch

MAX_BYTES = 2**31 - 1
"""The largest message that protobuf, and so Caffe, can read."""
MAX_AXES = 32
"""Caffe's limit of a blob's axes."""

_RAW_TYPES = {0: "<f8", 1: "<f4", 2: "<f2", 3: "<i4", 4: "<u4"}
_RAW_BY_SIZE = {8: "<f8", 4: "<f4", 2: "<f2"}

Piece: TypeAlias = "bytes | torch.Tensor"
"""A part of a file: bytes, or a tensor whose values are copied when they are written."""


def read_binaryproto(path: Path, what: str, error: type[LayerzooError]) -> StoredBlob:
    """Read a file that consists of one blob, such as a mean image.

    Raises:
        OSError: the file can't be read.
        error: the file is not a blob, or holds no values.
    """
    if sandbox.is_on():
        from layerzoo.blobs.sandboxed import sandboxed_blob

        return sandboxed_blob(path, what, error)
    shape, chunks = _only_blob(path, what, error)
    return StoredBlob(shape, partial(_tensor, chunks, shape))


def read_array(path: Path, what: str, error: type[LayerzooError]) -> NDArray[np.generic]:
    """Read a file that consists of one blob into an array, without torch.

    Raises:
        OSError: the file can't be read.
        error: the file is not a blob, or holds no values.
    """
    shape, chunks = _only_blob(path, what, error)
    return _array(chunks, shape)


def read_blob(wire: Wire, start: int, end: int, what: str) -> StoredBlob:
    """Read the BlobProto in ``[start, end)`` and check its shape against its size.

    Args:
        wire: the file.
        start, end: where the message begins and ends.
        what: name of the blob in error messages.

    Raises:
        wire.error: shape and size disagree, or the bytes are not a valid message.
    """
    shape, chunks = _chunks(wire, start, end, what)
    return StoredBlob(shape, partial(_tensor, chunks, shape))


def _only_blob(path: Path, what: str, error: type[LayerzooError]) -> tuple[Shape, list[NDArray[np.generic]]]:
    """Shape and values of a file that consists of one blob."""
    wire = open_wire(path, what, error)
    shape, chunks = _chunks(wire, 0, len(wire.buffer), "it")
    if not prod(shape):
        raise error(f"{path}: the file holds no values; it is damaged, or not {what}")
    return shape, chunks


def _chunks(wire: Wire, start: int, end: int, what: str) -> tuple[Shape, list[NDArray[np.generic]]]:
    """Shape and values of the BlobProto in ``[start, end)``; the values are views of the file."""
    fields = list(wire.fields(start, end))
    sizes = {number: value for number, kind, value, _ in fields if kind == VARINT}
    is_c3d = 5 in sizes  # C3D: field 5 is the width, 6 the data, 7 the diff
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
    strides = prod(max(1, side) for side in shape)  # of no values they can overflow too
    if len(shape) > MAX_AXES or prod(shape) != count or strides > MAX_BYTES:
        declared = " x ".join(map(str, shape[:MAX_AXES])) or "one value"
        raise wire.damaged(f"{what} declares {declared} and holds {count:,} values", start)
    return shape, chunks


def values_of(blob: BlobProto) -> torch.Tensor:
    """The values of a parsed BlobProto as a vector, in single or double precision as stored."""
    import torch

    if blob.double_data:
        return torch.tensor(blob.double_data, dtype=torch.float64)
    return torch.tensor(blob.data, dtype=torch.float32)


def blob_pieces(blob: torch.Tensor, diff: torch.Tensor | None = None) -> list[Piece]:
    """Encode a blob as a BlobProto: double precision if the tensor is double, else single.

    Args:
        blob: the values.
        diff: their gradient, if it is written too.
    """
    is_double = _is_double(blob)
    pieces = field_pieces(8 if is_double else 5, [blob])
    if diff is not None:
        pieces += field_pieces(9 if is_double else 6, [diff.to(blob.dtype)])
    return [*pieces, *field_pieces(7, [BlobShape(dim=blob.shape).SerializeToString()])]


def field_pieces(number: int, pieces: Sequence[Piece]) -> list[Piece]:
    """Encode pieces as the content of a length-delimited field."""
    return [header(number, _size(pieces)), *pieces]


def write_pieces(path: Path, pieces: Sequence[Piece], error: type[LayerzooError], instead: str) -> None:
    """Write a file from pieces.

    Args:
        path: the file.
        pieces: its content.
        error: raised if the file would be larger than protobuf can read.
        instead: the fix that the error names.

    Raises:
        error: the file would be larger than protobuf can read.
        OSError: the file can't be written; an existing file is left unchanged.
    """
    size = _size(pieces)
    if size > MAX_BYTES:
        limit = "the 2.1 GB that Caffe's binary format can hold"
        raise error(f"{path}: {size / 1e9:.1f} GB, more than {limit}; {instead}")
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        for piece in pieces:
            file.write(piece if isinstance(piece, bytes) else _values(piece))


def _shape(wire: Wire, start: int, end: int) -> Shape:
    """Read a BlobShape, packed or not."""
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
    """The dtype of NVIDIA's ``raw_data``, inferred from its length if the type is missing."""
    dtype = _RAW_BY_SIZE.get(length // max(1, prod(shape or ()))) if code is None else _RAW_TYPES.get(code)
    if dtype is None:
        raise wire.error(f"{wire.name}: {what} has raw data of a type ({code}) that can't be read")
    return dtype


def _tensor(chunks: list[NDArray[np.generic]], shape: Shape) -> torch.Tensor:
    """Copy the values into an aligned tensor in native byte order."""
    import torch

    return torch.from_numpy(_array(chunks, shape))


def _array(chunks: list[NDArray[np.generic]], shape: Shape) -> NDArray[np.generic]:
    """Copy the values into an aligned array in native byte order."""
    if not chunks:
        return np.zeros(shape, np.float32)
    first = chunks[0].dtype
    dtype = first.newbyteorder("=") if first.kind == "f" else np.dtype("f4")
    values = np.concatenate(chunks, dtype=dtype, casting="unsafe")
    return values.reshape(shape)


def _size(pieces: Sequence[Piece]) -> int:
    """Number of bytes that pieces take in the file."""
    return sum(len(p) if isinstance(p, bytes) else p.numel() * (8 if _is_double(p) else 4) for p in pieces)


def _is_double(blob: torch.Tensor) -> bool:
    return blob.element_size() == 8 and blob.is_floating_point()


def _values(blob: torch.Tensor) -> memoryview:
    """The values as little-endian bytes."""
    import torch

    dtype = torch.float64 if _is_double(blob) else torch.float32
    values = blob.detach().to("cpu", dtype).contiguous().flatten().numpy()
    return values.astype(values.dtype.newbyteorder("<"), copy=False).data
