"""Pooling of regions of interest: the maximum, the mean or bilinear samples in each bin of each region.

A region is five numbers along the last axis: the index of its image in the batch, then x1, y1, x2, y2 in
pixels of the input image. A region is cut into a grid of bins, which a pooling reduces to one number each, so
that all regions have a top of the same size. No function loops over regions, bins, channels or images.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import NamedTuple

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.constants import constant
from layerzoo.functional.transforms import may_read, plain_only

COORDINATES = 5
"""The numbers of a region: index of its image, x1, y1, x2, y2."""


class Bins(NamedTuple):
    """The bins of each region along one axis of an image.

    Attributes:
        start: first element of each bin, int64, shape (R, P).
        end: the element after its last; a bin without elements has ``end <= start``.
    """

    start: Tensor
    end: Tensor

    @property
    def size(self) -> Tensor:
        """The number of elements of each bin, at least 0; shape (R, P)."""
        return (self.end - self.start).clamp(min=0)


def check_regions(features: Sequence[int], regions: Sequence[int]) -> None:
    """Check the shapes of the two bottoms of a layer that pools regions.

    Raises:
        LayerFault: features are not (N, C, H, W), or regions don't have five numbers each.
    """
    if len(features) != 4:
        raise LayerFault(f"a bottom of shape {tuple(features)}; expected (N, C, H, W)", bottom=0)
    if len(regions) < 2 or prod(regions[1:]) != COORDINATES:
        raise LayerFault(
            f"regions of shape {tuple(regions)}; expected (R, {COORDINATES})",
            bottom=1,
            hint="a region is the index of its image, x1, y1, x2, y2",
        )


def round_away(x: Tensor) -> Tensor:
    """The nearest whole number, halves away from zero, as C's ``round``."""
    whole = x.trunc()
    return torch.where((x - whole).abs() >= 0.5, whole + x.sign(), whole)


def exactly_divided(x: Tensor, count: float) -> Tensor:
    """A tensor divided by a number, rounded once, so that what is rounded up next is the same on each device.

    Kernels of GPUs multiply by the reciprocal of a number that the host gives them.
    """
    return x / torch.full_like(x, count)


def bins_of_whole_elements(low: Tensor, high: Tensor, count: int, size: int) -> Bins:
    """Cut regions of whole elements into bins, as Fast R-CNN does; neighbouring bins may share elements.

    Args:
        low: first element of each region, a whole number, shape (R,).
        high: its last element, which belongs to it.
        count: number of bins of each region.
        size: size of the image along the axis; bins are cut to it.
    """
    step = exactly_divided((high - low + 1).clamp(min=1), count)
    number = torch.arange(count + 1, dtype=step.dtype, device=step.device)
    edges = number * step.unsqueeze(-1)
    start = edges[:, :-1].floor() + low.unsqueeze(-1)
    end = edges[:, 1:].ceil() + low.unsqueeze(-1)
    return Bins(_inside(start, size), _inside(end, size))


def bins_of_fractions(low: Tensor, high: Tensor, count: int, size: int) -> Bins:
    """Cut regions whose borders lie between elements into bins, as R-FCN does.

    Args:
        low: start of each region, shape (R,).
        high: its end.
        count: number of bins of each region.
        size: size of the image along the axis; bins are cut to it.
    """
    step = exactly_divided((high - low).clamp(min=0.1), count)
    number = torch.arange(count + 1, dtype=step.dtype, device=step.device)
    edges = number * step.unsqueeze(-1) + low.unsqueeze(-1)
    return Bins(_inside(edges[:, :-1].floor(), size), _inside(edges[:, 1:].ceil(), size))


def max_in_bins(x: Tensor, image: Tensor, rows: Bins, columns: Bins) -> Tensor:
    """The maximum of each bin, 0 for a bin without elements; the first of equal ones gets the gradient.

    Args:
        x: images, shape (N, C, H, W).
        image: index of each region's image, int64, shape (R,).
        rows: bins along H, shape (R, PH).
        columns: bins along W, shape (R, PW).

    Returns:
        shape (R, C, PH, PW).
    """
    channels, *sides = x.shape[1:]
    empty = (rows.size == 0).unsqueeze(-1) | (columns.size == 0).unsqueeze(-2)
    differentiated = plain_only() or (x.requires_grad and torch.is_grad_enabled())
    if torch.compiler.is_exporting() or not differentiated:
        best = _largest(x.permute(0, 2, 3, 1), image, rows, columns).permute(0, 3, 1, 2)
        return best.masked_fill(empty.unsqueeze(1), 0)
    # places by falling value, so that the largest of them is enough to find the element
    order = x.detach().flatten(2).sort(dim=-1, descending=True, stable=True).indices
    count = torch.arange(order.shape[-1], device=x.device).expand_as(order)
    places = torch.zeros_like(order).scatter(-1, order, count).reshape(x.shape)
    best = -_largest(-places.permute(0, 2, 3, 1).int(), image, rows, columns).long()
    first = image.unsqueeze(-1) * channels + torch.arange(channels, device=x.device)
    first = (first * prod(sides)).reshape(-1, channels, 1, 1)
    place = first + best.permute(0, 3, 1, 2).clamp(0, prod(sides) - 1)
    at = first + order.reshape(-1).gather(0, place.reshape(-1)).reshape(place.shape)
    values = x.reshape(-1).gather(0, at.reshape(-1)).reshape(at.shape)
    return values.masked_fill(empty.unsqueeze(1), 0)


def mean_in_bins_by_position(x: Tensor, image: Tensor, rows: Bins, columns: Bins) -> Tensor:
    """The mean of each bin over the channels of its position in the grid; 0 for a bin without elements.

    Source: R-FCN's position-sensitive pooling.

    Args:
        x: images, shape (N, D G², H, W); channel ``(d G + i) G + j`` belongs to the bin in row i, column j.
        image: index of each region's image, int64, shape (R,).
        rows, columns: bins along H and W, shape (R, G).

    Returns:
        shape (R, D, G, G).
    """
    grid = rows.start.shape[-1]
    images, _, height, width = x.shape
    # double precision: a sum over the whole image is subtracted from another
    total = torch.nn.functional.pad(x.double().cumsum(-1).cumsum(-2), (1, 0, 1, 0))
    table = total.reshape(images, -1, grid, grid, height + 1, width + 1).permute(0, 2, 3, 4, 5, 1)
    table = table.reshape(-1, table.shape[-1])
    position = torch.arange(grid, device=x.device)
    place = (image.reshape(-1, 1, 1) * grid + position.unsqueeze(-1)) * grid + position

    def upto(row: Tensor, column: Tensor) -> Tensor:
        """The sum of all elements before a row and a column, shape (R, G, G, D)."""
        at = (place * (height + 1) + row.unsqueeze(-1)) * (width + 1) + column.unsqueeze(-2)
        return table.index_select(0, at.reshape(-1)).reshape(*at.shape, table.shape[-1])

    sums = upto(rows.end, columns.end) - upto(rows.start, columns.end)
    sums = sums - upto(rows.end, columns.start) + upto(rows.start, columns.start)
    area = (rows.size.unsqueeze(-1) * columns.size.unsqueeze(-2)).unsqueeze(-1)
    mean = torch.where(area > 0, sums / area.clamp(min=1), 0)
    return mean.permute(0, 3, 1, 2).to(x.dtype)


def sample_in_bins(x: Tensor, image: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Weighted sums over the rows and columns of an image, for each bin.

    Args:
        x: images, shape (N, C, H, W).
        image: index of each region's image, int64, shape (R,).
        rows: weight of each row of the image in each bin, shape (R, PH, H); see `sample_weights`.
        columns: weight of each column, shape (R, PW, W).

    Returns:
        shape (R, C, PH, PW).
    """
    images = torch.arange(x.shape[0], device=x.device)
    own = (image.unsqueeze(-1) == images).to(x.dtype)  # regions of other images have weight 0
    across = torch.einsum("nchw,rqw,rn->rqch", x, columns, own)
    return torch.einsum("rph,rqch->rcpq", rows, across)


def sample_weights(points: Tensor, used: Tensor, size: int) -> Tensor:
    """The weights of bilinear interpolation along one axis, summed over the samples of each bin.

    Args:
        points: coordinates of the samples, shape (R, P, S); beyond the borders, the border's element counts.
        used: whether each sample counts, shape (R, P, S) or one that broadcasts to it; the others are 0.
        size: size of the image along the axis.

    Returns:
        shape (R, P, ``size``).
    """
    elements = torch.arange(size, dtype=points.dtype, device=points.device)
    distance = (points.clamp(0, size - 1).unsqueeze(-1) - elements).abs()
    weights = (1 - distance).clamp(min=0) * used.unsqueeze(-1)
    return weights.sum(-2)


def _inside(edges: Tensor, size: int) -> Tensor:
    return edges.clamp(0, size).long()


def _largest(x: Tensor, image: Tensor, rows: Bins, columns: Bins) -> Tensor:
    """The largest number of each bin, any number for one without elements.

    The maxima of all windows whose sides are powers of two are computed, one size from the other. Two by two
    such windows, which may overlap, cover a bin.

    Args:
        x: shape (N, H, W, C).
        image, rows, columns: as for `max_in_bins`.

    Returns:
        shape (R, PH, PW, C).
    """
    height, width, channels = x.shape[1:]
    grid = (*rows.start.shape, columns.start.shape[-1])
    if not plain_only() and not (x.numel() and prod(grid)):
        return x.new_zeros(*grid, channels)
    tall, wide = _power_of_two(rows.size, height), _power_of_two(columns.size, width)
    kind = (tall.unsqueeze(-1) * width.bit_length() + wide.unsqueeze(-2)).reshape(-1)
    corners = [axis.expand(grid).reshape(-1) for axis in (
        image.reshape(-1, 1, 1), rows.start.unsqueeze(-1), rows.end.unsqueeze(-1),
        columns.start.unsqueeze(-2), columns.end.unsqueeze(-2),
    )]  # fmt: skip
    if not may_read():
        result = x.new_zeros(1, 1).expand(kind.numel(), channels)
        for number, table, sides in _maxima(x):
            candidate = _of_four(table, sides, *corners)
            result = torch.where((kind == number).unsqueeze(-1), candidate, result)
        return result.reshape(*grid, channels)
    counts = torch.bincount(kind, minlength=height.bit_length() * width.bit_length()).tolist()
    result = x.new_empty(kind.numel(), channels)
    chosen = torch.split(kind.argsort(stable=True), counts)
    for number, table, sides in _maxima(x, counts):
        bins = chosen[number]
        result[bins] = _of_four(table, sides, *(corner[bins] for corner in corners))
    return result.reshape(*grid, channels)


def _power_of_two(sizes: Tensor, largest: int) -> Tensor:
    """The exponent of the largest power of two that is not above each size, at least 0."""
    powers = constant(tuple(1 << level for level in range(1, largest.bit_length())), None, sizes.device)
    return (sizes.unsqueeze(-1) >= powers).sum(-1)


def _maxima(x: Tensor, counts: Sequence[int] | None = None) -> Iterator[tuple[int, Tensor, tuple[int, int]]]:
    """The maxima of all windows of x whose sides are powers of two.

    Args:
        x: shape (N, H, W, C).
        counts: how many bins need the windows of each size; None if all sizes are needed.

    Yields:
        the number of the size, the maxima of all its windows, shape (N, H - h + 1, W - w + 1, C), and (h, w).
    """
    across = x.shape[2].bit_length()
    tall = x
    for i in range(x.shape[1].bit_length()):
        if i:
            tall = _joined(tall, 1, 1 << (i - 1))
        wide = tall
        for j in range(across):
            if counts is not None and not any(counts[i * across + j : (i + 1) * across]):
                break
            if j:
                wide = _joined(wide, 2, 1 << (j - 1))
            if counts is None or counts[i * across + j]:
                yield i * across + j, wide, (1 << i, 1 << j)


def _joined(x: Tensor, axis: int, shift: int) -> Tensor:
    """The larger one of each element and that ``shift`` further along an axis."""
    rest = x.shape[axis] - shift
    return torch.maximum(x.narrow(axis, 0, rest), x.narrow(axis, shift, rest))


def _of_four(
    table: Tensor,
    sides: tuple[int, int],
    image: Tensor,
    top: Tensor,
    bottom: Tensor,
    left: Tensor,
    right: Tensor,
) -> Tensor:
    """The largest one of the four windows at the corners of each bin.

    Args:
        table: maxima of all windows of one size, shape (N, H, W, C).
        sides: height and width of the windows.
        image, top, bottom, left, right: index of its image and borders of each bin, shape (B,).

    Returns:
        shape (B, C).
    """
    _, height, width, channels = table.shape
    flat = table.reshape(-1, channels)
    best: Tensor | None = None
    for row in (top, bottom - sides[0]):
        for column in (left, right - sides[1]):
            place = (image * height + row.clamp(0, height - 1)) * width + column.clamp(0, width - 1)
            value = flat.index_select(0, place)
            best = value if best is None else torch.maximum(best, value)
    assert best is not None
    return best
