"""Outputs that list what a net chose, such as detections: their rows have no order of their own.

Two results that differ by rounding order rows of nearly the same score differently.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import torch
from torch import Tensor

from layerzoo.graph import Graph
from layerzoo.layer import LAYERS

_BOX: Final = 3
"""The first column of a detection's box, after image, class and score."""

_FAR: Final = 1e30
"""The distance of rows that have an infinite one, or none."""


class Rows(NamedTuple):
    """How the rows of an output lie.

    Attributes:
        axis: the axis that numbers the rows.
        detections: they are detections: image, class, score and box.
    """

    axis: int
    detections: bool


def lists_of_rows(graph: Graph) -> dict[str, Rows]:
    """The outputs of a net whose rows are chosen by values, directly or in a layer before; by name."""
    chosen: set[int] = set()
    for layer in graph.layers:
        kind = LAYERS[layer.kind.type_name]
        if kind.shapes_by_value or not chosen.isdisjoint(layer.bottoms):
            chosen.update(layer.tops)
    lists = {}
    for blob in graph.outputs:
        if blob.index in chosen and blob.shape:
            kind = LAYERS[graph.layers[blob.producer].kind.type_name]
            lists[blob.name] = Rows(2 if kind.gives_detections else 0, kind.gives_detections)
    return lists


def in_order_of(
    expected: Mapping[str, Tensor],
    received: Mapping[str, Tensor],
    lists: Mapping[str, Rows],
    tolerance: float,
) -> dict[str, Tensor]:
    """Put the rows of lists into the order of the expected ones, each row of a list with those of the others.

    Rows that agree where they stand stay; each other one takes the place of the nearest expected row.

    Args:
        expected: the right outputs, by name.
        received: others of the same shapes.
        lists: those that are lists of rows; lists of the same number of rows have the same order.
        tolerance: rows agree if they differ by at most this, after `scaled`.

    Returns:
        the received outputs, with rows in the order of the expected ones.
    """
    ordered = dict(received)
    counts: dict[int, list[str]] = {}
    for name, (axis, _) in lists.items():
        counts.setdefault(expected[name].shape[axis], []).append(name)
    for count, names in counts.items():
        right, other = (
            torch.cat([_as_rows(blobs[name], expected[name], lists[name]) for name in names], 1)
            for blobs in (expected, received)
        )
        if not count or not right.numel():
            continue
        order = _order(right, other, tolerance)
        for name in names:
            ordered[name] = received[name].index_select(lists[name].axis, order)
    return ordered


def scaled(blob: Tensor, expected: Tensor, rows: Rows | None) -> Tensor:
    """A blob divided by the largest value of the expected one, in double precision.

    Scores and boxes of detections are divided by the largest score and the largest coordinate; the numbers of
    images and classes must be the same, so they stay.
    """
    values, right = blob.double(), expected.double().abs()
    if rows is None or not rows.detections:
        return values / _largest(right)
    scores, boxes = right[..., 2:_BOX], right[..., _BOX:]
    scales = [1.0, 1.0, _largest(scores), *[_largest(boxes)] * (right.shape[-1] - _BOX)]
    return values / torch.tensor(scales, dtype=torch.float64)


def _largest(values: Tensor) -> float:
    return max(float(values.max()), 1e-12) if values.numel() else 1.0


def _as_rows(blob: Tensor, expected: Tensor, rows: Rows) -> Tensor:
    """The rows of a scaled blob, shape (rows, numbers)."""
    blob = scaled(blob, expected, rows)
    return blob.movedim(rows.axis, 0).flatten(1) if blob.dim() > 1 else blob.unsqueeze(1)


def _order(right: Tensor, other: Tensor, tolerance: float) -> Tensor:
    """For each row of ``right``, the index of the row of ``other`` that stands for it."""
    order = torch.arange(len(right))
    moved = ((right - other).abs().amax(1) <= tolerance).logical_not().nonzero().flatten()
    free = other[moved]
    taken = torch.zeros(len(moved), dtype=torch.bool)
    for place in moved.tolist():
        distance = (free - right[place]).abs().amax(1).nan_to_num(_FAR).clamp(max=_FAR)
        nearest = int(distance.masked_fill(taken, 2 * _FAR).argmin())
        taken[nearest] = True
        order[place] = moved[nearest]
    return order
