"""Maps, filters and noise for images on a device, with the results of numpy to within a grey level.

Images are count x channels x height x width; see `layerzoo.data.warping`, `layerzoo.data.filters`,
`layerzoo.data.color_matrix` and `layerzoo.data.draws`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from layerzoo.data.draws import GOLDEN, MIX_1, MIX_2
from layerzoo.data.warping import LEAST, STEPS, Border, Matrix, exact

_GRAY: Final = (1868, 9617, 4899)
"""Shares of blue, green and red in the brightness, in 1/16384."""
_MEANS: Final = (0.114, 0.587, 0.299)


def warp_all(images: Tensor, matrices: Matrix, fill: Sequence[float], border: Border = "constant") -> Tensor:
    """Resample each image by its map, bilinearly.

    Args:
        images: bytes, or floats.
        matrices: the maps from results to images, count x 3 x 3.
        fill: value outside the image, with border ``constant``: one, or one for each channel.
        border: the values outside.
    """
    count, channels, height, width = images.shape
    rounded = np.stack([exact(matrix) for matrix in matrices])
    entries = torch.from_numpy(rounded).to(images.device)[..., None, None]
    (a, b, c), (d, e, f), (g, h, _) = (row.unbind(1) for row in entries.unbind(1))
    x = torch.arange(width, dtype=torch.float64, device=images.device)
    y = torch.arange(height, dtype=torch.float64, device=images.device)[:, None]
    across, down = a * x + b * y + c, d * x + e * y + f
    if rounded[:, 2, :2].any():
        divisor = (g * x + h * y + 1).clamp(min=LEAST)
        across, down = across / divisor, down / divisor
    columns, rows = ((each * STEPS + 0.5).floor().clamp(-(2**25), 2**25).long() for each in (across, down))
    source = images
    if border == "constant":
        value = _values(images, fill).view(1, -1, 1, 1)
        source = value.expand(count, channels, height + 2, width + 2).clone()
        source[:, :, 1:-1, 1:-1] = images
        columns = (columns + STEPS).clamp(0, (width + 1) * STEPS)
        rows = (rows + STEPS).clamp(0, (height + 1) * STEPS)
    tall, wide = source.shape[2:]
    left, top = columns >> 5, rows >> 5
    right, lower = columns & 31, rows & 31
    flat = source.flatten(2)
    total: Tensor | int = 0
    for row, down_weight in ((top, STEPS - lower), (top + 1, lower)):
        for column, weight in ((left, STEPS - right), (left + 1, right)):
            place = _inside(row, tall, border) * wide + _inside(column, wide, border)
            taken = flat.gather(2, place.flatten(1)[:, None].expand(-1, channels, -1))
            share = (weight * down_weight).flatten(1)[:, None]
            total = total + (taken.int() * share.int() if images.dtype == torch.uint8 else taken * share)
    assert isinstance(total, Tensor)
    mixed = ((total + 512) >> 10).to(torch.uint8) if images.dtype == torch.uint8 else total / STEPS**2
    return mixed.view(images.shape)


def _values(images: Tensor, fill: Sequence[float]) -> Tensor:
    values = torch.tensor(fill, dtype=torch.float32).expand(images.shape[1])
    if images.dtype == torch.uint8:
        values = values.round().clamp(0, 255)
    return values.to(images)


def _inside(places: Tensor, side: int, border: Border) -> Tensor:
    if border != "reflect" or side == 1:
        return places.clamp(0, side - 1)
    folded = places.remainder(2 * side - 2)
    return torch.minimum(folded, 2 * side - 2 - folded)


def mean_grays(values: Tensor) -> Tensor:
    """The mean brightness of each image; shape (count,)."""
    means = values.mean((2, 3), dtype=torch.float64)
    weights = means.new_tensor(_MEANS if means.shape[1] == 3 else [1 / means.shape[1]] * means.shape[1])
    return (means * weights).sum(1).float()


def recolor_all(values: Tensor, matrices: Tensor, offsets: Tensor) -> Tensor:
    """``matrix @ pixel + offset`` of each image, by sums in single precision on any device."""
    planes = values.unbind(1)
    rows = [
        sum(plane * matrices[:, row, column, None, None] for column, plane in enumerate(planes))
        for row in range(len(planes))
    ]
    return torch.stack(rows, 1) + offsets.view(-1, 1, 1, 1)  # type: ignore[arg-type]  # tensors


def gray_all(values: Tensor) -> Tensor:
    """The brightness of each image of grey levels in all of its channels."""
    blue, green, red = values.int().unbind(1)
    brightness = (blue * _GRAY[0] + green * _GRAY[1] + red * _GRAY[2] + 8192) >> 14
    return brightness[:, None].expand(values.shape).to(values.dtype)


def blur_all(values: Tensor, size: int, sigmas: NDArray[np.float64]) -> Tensor:
    """Blur each image by a Gaussian; sigma 0 leaves an image unchanged.

    Args:
        values: the images.
        size: side of the kernels in pixels, odd.
        sigmas: the standard deviations in pixels.
    """
    count, channels, height, width = values.shape
    offsets = np.arange(size) - size // 2
    kernels = np.where(
        sigmas[:, None] > 0,
        np.exp(-(offsets**2) / (2 * np.maximum(sigmas, 1e-3)[:, None] ** 2)),
        offsets == 0,
    )
    kernels /= kernels.sum(1, keepdims=True)
    weights = torch.from_numpy(kernels).to(values).repeat_interleave(channels, 0)
    pad = size // 2
    mode = "reflect" if min(height, width) > 1 else "replicate"
    planes = F.pad(values, (pad, pad, pad, pad), mode).reshape(1, count * channels, height + 2 * pad, -1)
    groups = count * channels
    planes = F.conv2d(planes, weights[:, None, :, None], groups=groups)
    return F.conv2d(planes, weights[:, None, None, :], groups=groups).view(values.shape)


def normals_all(keys: Sequence[int], count: int, device: torch.device) -> Tensor:
    """`layerzoo.data.draws.normals` of each key; keys x count, in double precision."""
    pairs = -(-count // 2)
    places = torch.arange(1, pairs + 1, device=device)
    z = torch.tensor(keys, device=device)[:, None] + places * _signed(int(GOLDEN))
    z = (z ^ _shifted(z, 30)) * _signed(int(MIX_1))
    z = (z ^ _shifted(z, 27)) * _signed(int(MIX_2))
    z = z ^ _shifted(z, 31)
    first = (_shifted(z, 32).double() + 1) / 2**32
    second = (z & 0xFFFFFFFF).double() / 2**32
    length, turn = (-2 * first.log()).sqrt(), 2 * pi * second
    return torch.stack((length * turn.cos(), length * turn.sin()), 2).flatten(1)[:, :count]


def _signed(word: int) -> int:
    """A word of 64 bits as a signed number."""
    return word - 2**64 if word >= 2**63 else word


def _shifted(words: Tensor, bits: int) -> Tensor:
    """Words of 64 bits shifted to the right, with zeros from the left."""
    return (words >> bits) & ((1 << (64 - bits)) - 1)
