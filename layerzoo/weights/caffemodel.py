"""Caffe's binary weights, ``.caffemodel``: every layout that Caffe and its forks have written.

Read are layer names and blobs alone, so that a fork's other fields can't be in the way:

- V2: ``layer`` (100) with ``name`` 1 and ``blobs`` 7;
- V1: ``layers`` (2) with ``name`` 4 and ``blobs`` 6;
- V0: in those a ``layer`` (1) with ``name`` 1 and ``blobs`` 50;
- blobs with ``shape`` or with four legacy sizes, C3D's with five; ``data``, ``double_data``, packed or not;
  NVIDIA's ``raw_data`` in half, single or double precision.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from functools import partial
from itertools import zip_longest
from math import prod
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from layerzoo.atomic import atomic_path
from layerzoo.errors import WeightsError
from layerzoo.schema import BlobShape, LayerParameter, NetParameter
from layerzoo.weights.stored import Params, Shape, StoredBlob, StoredWeights
from layerzoo.weights.wire import BYTES, FIXED32, FIXED64, VARINT, Wire

MAX_BYTES = 2**31 - 1
"""The largest message that protobuf, and so Caffe, can read."""
MAX_AXES = 32
"""Caffe's limit of a blob's axes."""

_LAYERS_V1, _LAYER_V2 = 2, 100
_LAST_FIELD = 1000
"""No fork has given a net's field a higher number."""
_NO_WEIGHTS = "no weights file: neither HDF5 nor safetensors nor a .caffemodel"
_RAW_TYPES = {0: "<f8", 1: "<f4", 2: "<f2", 3: "<i4", 4: "<u4"}
_RAW_BY_SIZE = {8: "<f8", 4: "<f4", 2: "<f2"}


def read_caffemodel(path: Path) -> StoredWeights:
    """The blobs of a binary file.

    The file is mapped, not read: a blob's values are copied once, when they are asked for.

    Raises:
        WeightsError: it is damaged, or something else than a net.
    """
    name = str(path)
    with path.open("rb") as file:
        if not path.stat().st_size:
            raise WeightsError(f"{name}: the file is empty")
        buffer = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    wire = Wire(buffer, name)
    found: StoredWeights = {}
    layers = 0
    if wire.varint(0, len(buffer))[0] >> 3 > _LAST_FIELD:
        raise WeightsError(f"{name}: {_NO_WEIGHTS}")
    for number, kind, start, end in wire.fields(0, len(buffer)):
        if number == 1 and kind == VARINT:
            raise WeightsError(f"{name}: no net's weights; a .solverstate or a mean file begins like this")
        if number in (_LAYERS_V1, _LAYER_V2) and kind == BYTES:
            layers += 1
            layer, blobs = _layer(wire, start, end, number)
            if blobs:
                found[layer] = blobs
    if not layers:
        raise WeightsError(f"{name}: {_NO_WEIGHTS}")
    return found


def write_caffemodel(
    path: Path, params: Params, net: NetParameter | None = None, diffs: Params | None = None
) -> None:
    """Write a binary file that Caffe reads.

    Blobs in double precision are written as such, all others in single.

    Args:
        path: the file.
        params: the blobs.
        net: what else to say of the net: its name and layers.
        diffs: gradients to write beside the blobs, as ``snapshot_diff`` asks for.

    Raises:
        WeightsError: it would be larger than protobuf can read.
        OSError: the file can't be written; what stood there before still does.
    """
    head = NetParameter()
    if net is not None:
        head.CopyFrom(net)
        head.ClearField("layer")
    left, diffs = dict(params), diffs or {}
    pieces: list[_Piece] = [head.SerializeToString()]
    for layer in net.layer if net is not None else ():
        pieces += _layer_pieces(layer, left.pop(layer.name, ()), diffs.get(layer.name, ()))
    for name, blobs in left.items():
        pieces += _layer_pieces(LayerParameter(name=name), blobs, diffs.get(name, ()))
    if _size(pieces) > MAX_BYTES:
        raise WeightsError(
            f"{path}: {_size(pieces) / 1e9:.1f} GB of weights, more than the 2.1 GB that a .caffemodel can "
            "hold; write .h5 (snapshot_format: HDF5) or .safetensors"
        )
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        for piece in pieces:
            file.write(piece if isinstance(piece, bytes) else _values(piece))


def _layer(wire: Wire, start: int, end: int, version: int) -> tuple[str, list[StoredBlob | None]]:
    """Name and blobs of one layer message; ``version`` is the number of its field, 1 for V0's inside V1's."""
    name_field, blobs_field = {_LAYER_V2: (1, 7), _LAYERS_V1: (4, 6), 1: (1, 50)}[version]
    name, spans = "", []
    for number, kind, a, b in wire.fields(start, end):
        if kind != BYTES:
            continue
        if number == name_field:
            name = wire.text(a, b)
        elif number == blobs_field:
            spans.append((a, b))
        elif number == 1 and version == _LAYERS_V1:
            return _layer(wire, a, b, 1)
    return name, [_blob(wire, a, b, f"layer '{name}', blob {i}") for i, (a, b) in enumerate(spans)]


def _blob(wire: Wire, start: int, end: int, what: str) -> StoredBlob:
    """One BlobProto, its shape checked against its bytes."""
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


def _raw_dtype(wire: Wire, code: int | None, size: int, shape: Shape | None, what: str) -> str:
    """The dtype of NVIDIA's ``raw_data``; where it isn't said, the size tells."""
    dtype = _RAW_BY_SIZE.get(size // max(1, prod(shape or ()))) if code is None else _RAW_TYPES.get(code)
    if dtype is None:
        raise WeightsError(f"{wire.name}: {what} has raw data of a type ({code}) that can't be read")
    return dtype


def _tensor(chunks: list[NDArray[np.generic]], shape: Shape) -> torch.Tensor:
    """A copy of the values, aligned and in the machine's byte order."""
    if not chunks:
        return torch.zeros(shape)
    first = chunks[0].dtype
    dtype = first.newbyteorder("=") if first.kind == "f" else np.dtype("f4")
    values = np.concatenate(chunks, dtype=dtype, casting="unsafe")
    return torch.from_numpy(values.reshape(shape))


_Piece = bytes | torch.Tensor
"""A stretch of the file; a blob stands for its own values, so that one at a time is copied."""


def _layer_pieces(
    layer: LayerParameter, blobs: Sequence[torch.Tensor], diffs: Sequence[torch.Tensor]
) -> list[_Piece]:
    bare = LayerParameter()
    bare.CopyFrom(layer)
    bare.ClearField("blobs")
    pieces: list[_Piece] = [bare.SerializeToString()]
    for blob, diff in zip_longest(blobs, diffs[: len(blobs)]):
        double = blob.dtype == torch.float64
        fields = _packed(8 if double else 5, blob)
        if diff is not None:
            fields += _packed(9 if double else 6, diff.to(blob.dtype))
        shape = BlobShape(dim=blob.shape).SerializeToString()
        fields.append(_header(7, len(shape)) + shape)
        pieces += [_header(7, _size(fields)), *fields]
    return [_header(_LAYER_V2, _size(pieces)), *pieces]


def _packed(number: int, values: torch.Tensor) -> list[_Piece]:
    return [_header(number, _size([values])), values]


def _header(number: int, size: int) -> bytes:
    """What stands before the bytes of a field."""
    return _varint(number << 3 | BYTES) + _varint(size)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _size(pieces: Sequence[_Piece]) -> int:
    """Bytes in the file."""
    return sum(
        len(p) if isinstance(p, bytes) else p.numel() * (8 if p.dtype == torch.float64 else 4) for p in pieces
    )


def _values(blob: torch.Tensor) -> memoryview:
    """The values as they stand in the file."""
    dtype = torch.float64 if blob.dtype == torch.float64 else torch.float32
    values = blob.detach().to("cpu", dtype).contiguous().flatten().numpy()
    return values.astype(values.dtype.newbyteorder("<"), copy=False).data
