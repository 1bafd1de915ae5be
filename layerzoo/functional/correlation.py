"""Correlations of patches of two blobs at many displacements, as in FlowNet and DispNet."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from layerzoo.errors import LayerFault
from layerzoo.schema import CorrelationParameter

Shape = tuple[int, ...]


def check_correlation(p: CorrelationParameter, bottoms: Sequence[Shape]) -> None:
    """Check the fields of a layer that compares patches, and its bottoms.

    Raises:
        LayerFault: a field is missing or impossible, or the bottoms differ.
    """
    for name in ("kernel_size", "max_displacement"):
        if not p.HasField(name):
            raise LayerFault(f"{name} must be set", field=f"correlation_param.{name}")
    if p.kernel_size % 2 == 0:
        raise LayerFault(
            f"kernel_size is {p.kernel_size}; it must be odd", field="correlation_param.kernel_size"
        )
    for name, stride in (("stride_1", p.stride_1), ("stride_2", p.stride_2)):
        if not stride:
            raise LayerFault(f"{name} is 0; it must be at least 1", field=f"correlation_param.{name}")
    first, second = bottoms
    if len(first) != 4 or first != second:
        raise LayerFault(
            f"bottoms of shapes {first} and {second}; both must be (N, C, H, W) and equal", bottom=1
        )


def check_fit(p: CorrelationParameter, bottom: Shape, size: Sequence[int]) -> None:
    """Check that at least one patch fits.

    Args:
        p: the layer's message.
        bottom: shape of a bottom.
        size: height and width of the top.

    Raises:
        LayerFault: none fits.
    """
    if min(size) < 1:
        raise LayerFault(
            f"patches of {p.kernel_size} pixels, displaced by up to {p.max_displacement}, don't fit "
            f"into a bottom of shape {bottom} with a pad of {p.pad}",
            field="correlation_param.max_displacement",
            hint="set pad to max_displacement",
        )


def correlations(
    p: CorrelationParameter,
    one: Tensor,
    two: Tensor,
    first: tuple[int, int],
    size: tuple[int, int],
    down: range,
    across: range,
) -> Tensor:
    """Compare each patch of a blob with patches of another, by the mean of products or differences.

    Args:
        p: the layer's message.
        one, two: the blobs with their padding, (N, C, H, W).
        first: row and column at which the first patch of ``one`` begins.
        size: height and width of the result.
        down, across: the displacements of the patches of ``two`` in pixels; none leaves the blob.

    Returns:
        shape (N, displacements down * displacements across, height, width).
    """
    (top, left), channels = first, one.shape[1]
    # a patch of 1 pixel is read where it is needed only; larger ones overlap
    step = p.stride_1 if p.kernel_size == 1 else 1
    extent = [(length - 1) * p.stride_1 + p.kernel_size for length in size]

    def part(blob: Tensor, rows: int, columns: int) -> Tensor:
        begin = top + rows
        return blob[
            :, :, begin : begin + extent[0] : step, left + columns : left + columns + extent[1] : step
        ]

    fixed = part(one, 0, 0)
    if p.correlation_type == CorrelationParameter.SUBTRACT:
        means = [(fixed - part(two, rows, columns)).abs().mean(1) for rows in down for columns in across]
        values = torch.stack(means, 1)
    else:
        # all products of a row with a row of the second blob, of which diagonals are needed
        columns = torch.arange(fixed.shape[3], device=one.device).unsqueeze(-1) * step
        numbers = torch.arange(len(across), device=one.device)
        index = columns + left + (numbers * across.step + across.start)
        rows_first = fixed.permute(0, 2, 3, 1)
        parts = []
        for rows in down:
            second = two[:, :, top + rows : top + rows + extent[0] : step].permute(0, 2, 1, 3)
            products = rows_first @ second
            parts.append(products.gather(3, index.expand(*products.shape[:2], *index.shape)))
        values = torch.cat(parts, 3).permute(0, 3, 1, 2) / channels
    return values if p.kernel_size == 1 else nn.functional.avg_pool2d(values, p.kernel_size, p.stride_1)
