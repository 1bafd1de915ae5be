"""Boxes of MS-CNN and Cascade R-CNN: relative to a field of fixed size around each position of a feature
map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.schema import BBoxRegParameter

MODES = ("IOU", "IOMU", "IOFU")
"""What an intersection is divided by: the union, the smaller box, or the first box."""


def normalisation(param: BBoxRegParameter) -> tuple[list[float], list[float]]:
    """Means and standard deviations of the four numbers of a box; 0 and 1 unless both are given.

    Raises:
        LayerFault: there are not four of each, or a standard deviation is not above 0.
    """
    mean, std = list(param.bbox_mean), list(param.bbox_std)
    if not mean or not std:
        return [0.0] * 4, [1.0] * 4
    for name, values in (("bbox_mean", mean), ("bbox_std", std)):
        if len(values) != 4 or (name == "bbox_std" and not min(values) > 0):
            raise LayerFault(
                f"{name} has {len(values)} numbers; expected four, a standard deviation being above 0",
                field=f"bbox_reg_param.{name}",
            )
    return mean, std


def denormalised(numbers: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Numbers of boxes, shape (..., 4), times the standard deviations plus the means."""
    return numbers * numbers.new_tensor(std) + numbers.new_tensor(mean)


def decode_fields(
    numbers: Tensor, fields: Tensor, stride: float, most_moved: float, most_scaled: float
) -> Tensor:
    """Left, top, width and height of boxes relative to the fields of their positions.

    Args:
        numbers: offsets of the centre in units of the field, and logarithms of the ratios of the sides; shape
            (..., 4, H, W).
        fields: width and height of the field, shape (..., 2).
        stride: pixels from one position to the next; a field's centre is in the middle of its position.
        most_moved: the largest offset of a centre.
        most_scaled: the largest ratio of the sides, and the inverse of the smallest.

    Returns:
        shape (..., H, W, 4).
    """
    height, width = numbers.shape[-2:]
    x = (torch.arange(width, dtype=numbers.dtype, device=numbers.device) + 0.5) * stride
    y = (torch.arange(height, dtype=numbers.dtype, device=numbers.device) + 0.5) * stride
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    moved, scaled = torch.split(numbers.movedim(-3, -1), 2, -1)
    field = fields.unsqueeze(-2).unsqueeze(-2)
    centre = moved.clamp(-most_moved, most_moved) * field + torch.stack((columns, rows), -1)
    sides = field * scaled.clamp(-log(most_scaled), log(most_scaled)).exp()
    return torch.cat((centre - sides / 2, sides), -1)


def overlap_of(mode: str, extra: float, field: str) -> Callable[[Tensor, Tensor, float], Tensor]:
    """The overlap that suppresses boxes, for `layerzoo.functional.nms.suppress`.

    Args:
        mode: one of `MODES`.
        extra: added to sides: 1 where corners are pixels that belong to the box.
        field: dotted field that names the mode, for the error.

    Raises:
        LayerFault: the mode is unknown.
    """
    if mode not in MODES:
        raise LayerFault(
            f"unknown nms_type '{mode}'", field=field, hint=f"expected one of {', '.join(MODES)}"
        )

    def overlap(boxes: Tensor, others: Tensor, _: float) -> Tensor:
        a, b = boxes.unsqueeze(-2), others.unsqueeze(-3)
        low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
        meets = (low[..., 0] <= high[..., 0]) & (low[..., 1] < high[..., 1])
        inner = torch.where(meets, (high - low + extra).prod(-1), 0)
        first, second = (_area(box, extra) for box in (a, b))
        whole = {"IOU": first + second - inner, "IOMU": torch.minimum(first, second), "IOFU": first}[mode]
        return torch.where(whole > 0, inner / whole.clamp(min=1e-12), 0)

    return overlap


def region_tops(regions: Tensor, scores: Tensor, tops: int) -> tuple[Tensor, ...]:
    """The tops of MS-CNN's proposals: regions, and regions with scores.

    Without any box there is one region, from (1, 1) to (10, 10) of the first image, whose second row is 0.

    Args:
        regions: shape (R, 5).
        scores: shape (R,).
        tops: number of tops.

    Returns:
        shapes (R, 5, 1, 1) and (R, 6, 1, 1).
    """
    scored = torch.cat((regions, scores.unsqueeze(-1)), -1)
    # without a branch, so that torch's compiler can keep the number of regions as a symbol
    count = torch.sym_max(len(regions), 1)  # type: ignore[no-untyped-call]  # torch's
    regions = torch.cat((regions, regions.new_tensor([[0, 1, 1, 10, 10]])))[:count]
    scored = torch.cat((scored, scored.new_zeros(1, 6)))[:count]
    return tuple(top.reshape(*top.shape, 1, 1) for top in (regions, scored)[:tops])


def _area(boxes: Tensor, extra: float) -> Tensor:
    sides = boxes[..., 2:] - boxes[..., :2]
    return torch.where((sides >= 0).all(-1), (sides + extra).prod(-1), 0)
