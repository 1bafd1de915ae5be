"""Check blobs written inside a layer's config against the layer's params."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from layerzoo.errors import Fault
from layerzoo.graph.facts import ParamFacts, Shape
from layerzoo.graph.model import GraphLayer
from layerzoo.schema import BlobProto


def blob_faults(layer: GraphLayer, own: Sequence[ParamFacts]) -> list[Fault]:
    """The faults of a layer's ``blobs``: a wrong number of blobs, or shapes that don't match its params.

    Source: Caffe's ``Layer`` and ``Blob::FromProto``.
    """
    blobs = layer.param.blobs
    if not blobs:
        return []
    if len(blobs) != len(own):
        what = f"{len(blobs)} blob{'s' * (len(blobs) > 1)} for a layer with {len(own)} param blobs"
        names = ", ".join(facts.name for facts in own)
        hint = f"write one for each ({names}), or none" if own else "remove them"
        return [_fault(layer, min(len(blobs) - 1, len(own)), what, hint)]
    return [
        _fault(layer, index, f"blob {index} ({facts.name}) {problem}", None)
        for index, (blob, facts) in enumerate(zip(blobs, own, strict=True))
        if (problem := _problem(blob, facts.shape))
    ]


def fits(stored: Shape, expected: Shape) -> bool:
    """Whether a stored blob is that of a param: shapes are equal but for axes of size 1 that files add.

    Old files always give four axes, with leading ones: (1, 1, 1, C) for (C). Forks store the numbers of
    channels as (1, C) or (1, C, 1, 1). Equally many axes have to be equal: (1, C, 1, 1) and (C, 1, 1, 1) are
    convolutions of C channels to one and of one channel to C.
    """
    if _without_ones(stored) == _without_ones(expected):
        return True
    row, other = (stored, expected) if stored[:1] == (1,) else (expected, stored)
    if row[:1] != (1,) or len(row) == len(other):
        return False
    counts = [size for size in row if size != 1]
    return len(counts) == 1 and counts == [size for size in other if size != 1]


def _problem(blob: BlobProto, expected: Shape) -> str:
    """Why a blob doesn't match a param; empty if it does."""
    count = len(blob.double_data) or len(blob.data)
    shape = _shape(blob, count)
    if min(shape, default=0) < 0 or prod(shape) != count:
        return f"has the shape {_shown(shape)}, but {count:,} values; expected {_shown(expected)}"
    if not fits(shape, expected):
        return f"has the shape {_shown(shape)}; expected {_shown(expected)}"
    return ""


def _shape(blob: BlobProto, count: int) -> Shape:
    """The shape of a blob: from the four old fields, from ``shape``, or one axis if neither is set."""
    if any(map(blob.HasField, ("num", "channels", "height", "width"))):
        return (blob.num, blob.channels, blob.height, blob.width)
    return tuple(blob.shape.dim) if blob.HasField("shape") else (count,)


def _without_ones(shape: Shape) -> Shape:
    """A shape without its leading ones."""
    axis = 0
    while axis < len(shape) and shape[axis] == 1:
        axis += 1
    return shape[axis:]


def _shown(shape: Shape) -> str:
    return " x ".join(map(str, shape)) or "one value"


def _fault(layer: GraphLayer, index: int, message: str, hint: str | None) -> Fault:
    return Fault(message, layer.origin("blobs", index), hint, layer.name)
