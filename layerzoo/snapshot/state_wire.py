"""SolverState on protobuf's wire, by hand: Python's protobuf takes seconds for what numpy does at once."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from layerzoo.errors import SnapshotError
from layerzoo.schema import BlobShape, SolverState

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_ITER, _LEARNED_NET, _HISTORY, _CURRENT_STEP = 1, 2, 3, 4
_DATA, _SHAPE, _DOUBLE_DATA = 5, 7, 8
_MAX_AXES, _MAX_FIELDS = 32, 4_000_000


def encode_state(
    iteration: int, learned_net: str, history: Sequence[Tensor], current_step: int
) -> list[bytes | memoryview]:
    """A SolverState as pieces to write one after the other; the values are not copied."""
    head = SolverState(iter=iteration, learned_net=learned_net).SerializeToString()
    pieces: list[bytes | memoryview] = [head]
    for blob in history:
        is_double = blob.dtype == torch.float64
        array = blob.detach().to("cpu", torch.float64 if is_double else torch.float32).contiguous().numpy()
        values = array.reshape(-1).astype("<f8" if is_double else "<f4", copy=False).data.cast("B")
        shape = BlobShape(dim=blob.shape).SerializeToString()
        before = _header(_DOUBLE_DATA if is_double else _DATA, values.nbytes)
        after = _header(_SHAPE, len(shape)) + shape
        size = len(before) + values.nbytes + len(after)
        pieces += [_header(_HISTORY, size) + before, values, after]
    return [*pieces, SolverState(current_step=current_step).SerializeToString()]


def decode_state(path: Path) -> tuple[int, str, list[Tensor], int]:
    """Iteration, name of the weights, history and step of a file.

    Raises:
        SnapshotError: it is damaged, or no SolverState.
    """
    try:
        with path.open("rb") as file:
            if not path.stat().st_size:
                raise SnapshotError(f"{path}: the file is empty")
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as error:
        raise SnapshotError(f"{path}: can't be read: {error.strerror}") from error
    iteration, learned_net, step = -1, "", 0
    history: list[Tensor] = []
    try:
        for number, kind, value in _fields(data):
            if number == _ITER and kind == _BYTES:
                raise SnapshotError(f"{path}: no solver state but a net's weights; give it to -weights")
            if isinstance(value, int):
                iteration = value if number == _ITER else iteration
                step = value if number == _CURRENT_STEP else step
            elif number == _LEARNED_NET:
                learned_net = bytes(value).decode(errors="replace")
            elif number == _HISTORY:
                history.append(_blob(value))
    except _DamagedError as error:
        raise SnapshotError(f"{path}: damaged, or no solver state: {error}") from error
    if iteration < 0:
        raise SnapshotError(f"{path}: no solver state: it names no iteration")
    return iteration, learned_net, history, step


class _DamagedError(Exception):
    pass


def _blob(data: memoryview) -> Tensor:
    """A BlobProto, its shape checked against its bytes before anything is made."""
    singles, doubles, shape = bytearray(), bytearray(), None
    old_shape = [0, 0, 0, 0]
    for number, _, value in _fields(data):
        if isinstance(value, int):
            if 1 <= number <= 4:
                old_shape[number - 1] = value
        elif number == _DATA:
            singles += value
        elif number == _DOUBLE_DATA:
            doubles += value
        elif number == _SHAPE:
            shape = _dims(value)
    values = np.frombuffer(doubles, "<f8") if doubles else np.frombuffer(singles, "<f4")
    shape = shape if shape is not None else old_shape
    if len(shape) > _MAX_AXES or prod(shape) != len(values):
        raise _DamagedError(f"a history blob of shape {shape[:_MAX_AXES]} holds {len(values):,} values")
    return torch.from_numpy(values.astype(values.dtype.newbyteorder("="), copy=False).reshape(shape))


def _dims(data: memoryview) -> list[int]:
    found: list[int] = []
    for _, _, value in _fields(data):
        if isinstance(value, int):
            found.append(value)
            continue
        at = 0
        while at < len(value):
            dim, at = _varint(value, at)
            found.append(dim)
    return found


def _fields(data: memoryview) -> Iterator[tuple[int, int, int | memoryview]]:
    """Number, kind and value (a number, or the bytes) of each field."""
    at, end, count = 0, len(data), 0
    while at < end:
        count += 1
        if count > _MAX_FIELDS:
            raise _DamagedError(f"more than {_MAX_FIELDS:,} fields")
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            number_value, at = _varint(data, at)
            yield number, kind, number_value
            continue
        if kind == _BYTES:
            size, at = _varint(data, at)
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
        else:
            raise _DamagedError(f"a field of unknown kind {kind}")
        if size > end - at:
            raise _DamagedError(f"a field of {size:,} bytes where {end - at:,} are left")
        yield number, kind, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise _DamagedError("it ends inside a number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise _DamagedError("a number of over 64 bits")


def _header(number: int, size: int) -> bytes:
    out = bytearray([number << 3 | _BYTES])
    while size > 0x7F:
        out.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*out, size])
