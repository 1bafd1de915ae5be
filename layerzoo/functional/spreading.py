"""Pooling undone without a mask: each value at the places of its window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import torch
from torch.nn import functional as F

from layerzoo.functional.constants import constant
from layerzoo.functional.window import Window
from layerzoo.python_source import listed, same

_TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def tiles(window: Window, sizes: Sequence[int], whole: bool) -> list[tuple[int, int, int, int, int, int]]:
    """The numbers of `tiled` for each axis of an image, which put each value at the places of its window.

    Args:
        window: the pooling's window.
        sizes: spatial sizes of the result.
        whole: at all places of the window, where of several windows that which starts last gives the value;
            else at the first place alone, and a place in the pad is lost.
    """
    return [
        (axis + 2, min(kernel, stride) if whole else 1, stride, kernel - stride if whole else 0, pad, size)
        for axis, (kernel, stride, pad, size) in enumerate(
            zip(window.kernel, window.stride, window.pad, sizes, strict=True)
        )
    ]


def averaged(x: torch.Tensor, window: Window, sizes: Sequence[int], with_pad: bool = True) -> torch.Tensor:
    """Each value divided by the size of its window and added to each of its places.

    It is the transpose of AVE pooling, whose window ends with the image and, ``with_pad``, its pad.
    """
    axes = len(sizes)
    for axis, factors in factors_by_axis(window, x.shape[2:], sizes, with_pad):
        x = x * constant(factors, x.dtype, x.device).view(-1, *(1,) * (axes - 1 - axis))
    ones = x.new_full((1, 1, *window.kernel), 1 / prod(window.kernel))
    spread = _TRANSPOSED[axes](x.reshape(-1, 1, *x.shape[2:]), ones, stride=window.stride)
    for axis, size in enumerate(sizes):
        spread = cut(spread, axis + 2, window.pad[axis], size)
    return spread.reshape(*x.shape[:2], *sizes)


def averaged_source(
    x: str, windows: Sequence[int], channels: int, window: Window, sizes: Sequence[int], with_pad: bool
) -> str:
    """A Python expression for `averaged`, which calls `cut`.

    Args:
        x: the values.
        windows: their spatial sizes.
        channels: number of channels.
        window, sizes, with_pad: as for `averaged`.
    """
    axes = len(sizes)
    for axis, factors in factors_by_axis(window, windows, sizes, with_pad):
        x = f"({x} * {x}.new_tensor({list(factors)}).view({listed((-1, *(1,) * (axes - 1 - axis)))}))"
    ones = f"{x}.new_full((1, 1, {listed(window.kernel)}), {1 / prod(window.kernel)!r})"
    flat = f"{x}.reshape(-1, 1, {listed(windows)})"
    spread = f"F.conv_transpose{axes}d({flat}, {ones}, stride={same(window.stride)})"
    for axis, size in enumerate(sizes):
        spread = f"cut({spread}, {axis + 2}, {window.pad[axis]}, {size})"
    return f"{spread}.reshape(-1, {listed((channels, *sizes))})"


def factors_by_axis(
    window: Window, windows: Sequence[int], sizes: Sequence[int], with_pad: bool
) -> Iterator[tuple[int, tuple[float, ...]]]:
    """For axes with windows that the image cuts: the kernel's size by that which pooling counts."""
    for axis, (count, size, kernel, stride, (pad, after)) in enumerate(
        zip(windows, sizes, window.kernel, window.stride, window.pads, strict=True)
    ):
        low, high = (-pad, size + after) if with_pad else (0, size)
        starts = [at * stride - pad for at in range(count)]
        counted = [max(1, min(start + kernel, high) - max(start, low)) for start in starts]
        if set(counted) != {kernel}:
            yield axis, tuple(kernel / one for one in counted)


def tiled(
    x: torch.Tensor, axis: int, filled: int, stride: int, more: int, pad: int, size: int
) -> torch.Tensor:
    """Each element of an axis ``filled`` times, then zeros up to ``stride``; the last one ``more`` times.

    The result is the part of ``size`` elements after the first ``pad``.
    """
    shape = x.shape
    tiles = x.unsqueeze(axis + 1).expand(*shape[: axis + 1], filled, *shape[axis + 1 :])
    if stride > filled:
        tiles = F.pad(tiles, [0, 0] * (x.dim() - axis - 1) + [0, stride - filled])
    line = tiles.flatten(axis, axis + 1)
    if more > 0:
        last = x.narrow(axis, shape[axis] - 1, 1)
        line = torch.cat((line, last.expand(*shape[:axis], more, *shape[axis + 1 :])), axis)
    return cut(line, axis, pad, size)


def cut(x: torch.Tensor, axis: int, pad: int, size: int) -> torch.Tensor:
    """The part of ``size`` elements of an axis after the first ``pad``; zeros where there are none."""
    left = max(0, min(size, x.shape[axis] - pad))
    part = x.narrow(axis, min(pad, x.shape[axis]), left)
    return part if left == size else F.pad(part, [0, 0] * (x.dim() - axis - 1) + [0, size - left])
