"""Interpolation of images: by matrices along each axis, and at any places."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def linear(distance: Tensor) -> Tensor:
    """Weight of a pixel at a distance, for linear interpolation."""
    return (1 - distance.abs()).clamp(min=0)


def cubic(distance: Tensor) -> Tensor:
    """Weight of a pixel at a distance, for cubic interpolation (Catmull-Rom)."""
    x = distance.abs()
    near = x * x * (1.5 * x - 2.5) + 1
    far = x * (x * (-0.5 * x + 2.5) - 4) + 2
    return torch.where(x <= 1, near, torch.where(x < 2, far, 0))


def weights_of(places: Tensor, size: int, kernel: Callable[[Tensor], Tensor], stretch: float = 1.0) -> Tensor:
    """A matrix that interpolates along an axis; the weights of each place sum to 1, or all are 0.

    Args:
        places: where to interpolate, in pixels, shape (M).
        size: number of pixels.
        kernel: the weight of a pixel by its distance.
        stretch: distances are divided by this: above 1, more pixels count.

    Returns:
        shape (M, size).
    """
    pixels = torch.arange(size, dtype=places.dtype, device=places.device)
    weights = kernel((places.unsqueeze(-1) - pixels) / stretch)
    total = weights.sum(-1, keepdim=True)
    return torch.where(total == 0, 0, weights / torch.where(total == 0, 1, total))


def along_axes(x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Apply a matrix to the last axis but one, and another to the last.

    Args:
        x: shape (..., H, W).
        rows: shape (H', H).
        columns: shape (W', W).

    Returns:
        shape (..., H', W').
    """
    return rows @ (x @ columns.mT)


def sample(image: Tensor, x: Tensor, y: Tensor, zeros: bool = False) -> Tensor:
    """Values of an image at any places, linear between the four pixels around each.

    Args:
        image: shape (N, C, H, W).
        x, y: the places in pixels, shape (N, H', W').
        zeros: pixels outside the image are 0; else x and y are from 0 to below W and H, and a pixel beyond
            the right or lower edge has the value of the last one.

    Returns:
        shape (N, C, H', W').
    """
    left, top = x.detach().floor(), y.detach().floor()
    across, down = (x - left).unsqueeze(1), (y - top).unsqueeze(1)

    def pixels(column: Tensor, row: Tensor) -> Tensor:
        return _pixels(image, column, row, zeros)

    upper = (1 - across) * pixels(left, top) + across * pixels(left + 1, top)
    lower = (1 - across) * pixels(left, top + 1) + across * pixels(left + 1, top + 1)
    return (1 - down) * upper + down * lower


def sample_nearest(image: Tensor, x: Tensor, y: Tensor, zeros: bool = False) -> Tensor:
    """Values of the pixels that are nearest to any places, without a gradient by these; as `sample`."""
    return _pixels(image, x.detach().round(), y.detach().round(), zeros)


def _pixels(image: Tensor, column: Tensor, row: Tensor, zeros: bool) -> Tensor:
    """Pixels of an image; those outside are the nearest ones, or 0."""
    n, channels, height, width = image.shape
    place = row.long().clamp(0, height - 1) * width + column.long().clamp(0, width - 1)
    index = place.flatten(1).unsqueeze(1).expand(n, channels, -1)
    values = image.flatten(2).gather(2, index).reshape(n, channels, *place.shape[1:])
    if not zeros:
        return values
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    return torch.where(inside.unsqueeze(1), values, 0)


def grid(like: Tensor) -> tuple[Tensor, Tensor]:
    """Column and row of each pixel of a blob (..., H, W); shapes (W) and (H, 1), of its dtype."""
    height, width = like.shape[-2:]
    columns = torch.arange(width, dtype=like.dtype, device=like.device)
    return columns, torch.arange(height, dtype=like.dtype, device=like.device).unsqueeze(-1)
