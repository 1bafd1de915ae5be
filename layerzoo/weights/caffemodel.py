"""Read and write Caffe's binary weights, ``.caffemodel``, in the layouts of all its versions.

The reader reads layer names and blobs only and ignores all other fields, so it accepts files of forks:

- V2: ``layer`` (100) with ``name`` 1 and ``blobs`` 7;
- V1: ``layers`` (2) with ``name`` 4 and ``blobs`` 6;
- V0: inside those a ``layer`` (1) with ``name`` 1 and ``blobs`` 50.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import torch

from layerzoo.blobs.blob_proto import Piece, blob_pieces, field_pieces, read_blob, write_pieces
from layerzoo.blobs.named import LayerId, NamedBlobs, id_of, keyed, layer_ids
from layerzoo.blobs.stored import StoredBlob
from layerzoo.blobs.wire import BYTES, VARINT, Wire, open_wire
from layerzoo.declared import without_declared
from layerzoo.errors import WeightsError
from layerzoo.schema import LayerParameter, NetParameter
from layerzoo.weights.params import Params, StoredWeights

_LAYERS_V1, _LAYER_V2 = 2, 100
_LAST_FIELD = 1000
"""Upper limit of the field numbers of a net, forks included."""
_NO_WEIGHTS = "not a weights file: neither HDF5 nor safetensors nor a .caffemodel"


def read_caffemodel(path: Path) -> StoredWeights:
    """Read the blobs of a binary file.

    The file is memory-mapped; the values of a blob are copied when they are requested. Of layers of one name
    all are read, in the order of the file.

    Raises:
        WeightsError: the file is damaged, or not a net.
    """
    wire = open_wire(path, "a .caffemodel", WeightsError)
    found: list[tuple[str, NamedBlobs[StoredBlob | None]]] = []
    layers = 0
    if wire.varint(0, len(wire.buffer))[0] >> 3 > _LAST_FIELD:
        raise WeightsError(f"{path}: {_NO_WEIGHTS}")
    for number, kind, start, end in wire.fields(0, len(wire.buffer)):
        if number == 1 and kind == VARINT:
            raise WeightsError(
                f"{path}: not the weights of a net; it looks like a .solverstate or a mean file"
            )
        if number in (_LAYERS_V1, _LAYER_V2) and kind == BYTES:
            layers += 1
            layer, blobs = _layer(wire, start, end, number)
            if blobs:
                found.append((layer, blobs))
    if not layers:
        raise WeightsError(f"{path}: {_NO_WEIGHTS}")
    return _by_layer(found)


def write_caffemodel(
    path: Path, params: Params, net: NetParameter | None = None, diffs: Params | None = None
) -> None:
    """Write a binary file that Caffe reads.

    Double tensors are written in double precision, all others in single.

    Args:
        path: the file.
        params: the blobs.
        net: the net's name and layers, written beside the blobs.
        diffs: gradients to write too (``snapshot_diff``).

    Raises:
        WeightsError: the file would be larger than protobuf can read.
        OSError: the file can't be written; an existing file is left unchanged.
    """
    head = NetParameter()
    if net is not None:
        head.CopyFrom(net)
        head.ClearField("layer")
    diffs = diffs or {}
    layers = list(net.layer) if net is not None else []
    places = _places(layers, params)
    pieces: list[Piece] = [head.SerializeToString()]
    for index, layer in enumerate(layers):
        key = places.get(index)
        pieces += _layer_pieces(layer, () if key is None else params[key], diffs.get(key or "", ()))
    placed = set(places.values())
    for key in (key for key in params if key not in placed):
        name = id_of(key, params[key]).name
        pieces += _layer_pieces(LayerParameter(name=name), params[key], diffs.get(key, ()))
    write_pieces(path, pieces, WeightsError, "write .h5 (snapshot_format: HDF5) or .safetensors")


def _by_layer(layers: list[tuple[str, NamedBlobs[StoredBlob | None]]]) -> StoredWeights:
    """Layers in the order of the file, by keys of their own."""
    ids = layer_ids(name for name, _ in layers)
    found: dict[LayerId, NamedBlobs[StoredBlob | None]] = {}
    for layer, (_, blobs) in zip(ids, layers, strict=True):
        blobs.layer = layer
        found[layer] = blobs
    return keyed(found)


def _places(layers: Sequence[LayerParameter], params: Params) -> dict[int, str]:
    """The keys of blobs by the index of their layer: the index that they know, else in order of the name."""
    places = {
        blobs.place: key
        for key, blobs in params.items()
        if isinstance(blobs, NamedBlobs)
        and blobs.place is not None
        and _is_of(layers, blobs.place, key, blobs)
    }
    free: dict[str, deque[int]] = {}
    for index, layer in enumerate(layers):
        if index not in places:
            free.setdefault(layer.name, deque()).append(index)
    placed = set(places.values())
    left = sorted((id_of(key, blobs), key) for key, blobs in params.items() if key not in placed)
    for layer_id, key in left:
        if free.get(layer_id.name):
            places[free[layer_id.name].popleft()] = key
    return places


def _is_of(layers: Sequence[LayerParameter], place: int, key: str, blobs: Sequence[object]) -> bool:
    """Whether the layer at an index is that of the blobs; they may be of another net, or written alone."""
    return place < len(layers) and layers[place].name == id_of(key, blobs).name


def _layer(wire: Wire, start: int, end: int, version: int) -> tuple[str, NamedBlobs[StoredBlob | None]]:
    """Name and blobs of one layer message; ``version`` is its field number (1: V0 inside V1)."""
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
    return name, NamedBlobs(
        read_blob(wire, a, b, f"layer '{name}', blob {i}") for i, (a, b) in enumerate(spans)
    )


def _layer_pieces(
    layer: LayerParameter, blobs: Sequence[torch.Tensor], diffs: Sequence[torch.Tensor]
) -> list[Piece]:
    bare = without_declared(layer)
    bare.ClearField("blobs")
    pieces: list[Piece] = [bare.SerializeToString()]
    for blob, diff in zip_longest(blobs, diffs[: len(blobs)]):
        pieces += field_pieces(7, blob_pieces(blob, diff))
    return field_pieces(_LAYER_V2, pieces)
