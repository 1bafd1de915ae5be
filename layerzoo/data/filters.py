"""Filters on images of bytes, with OpenCV's results to within a grey level.

Images are channels x height x width.
"""

from __future__ import annotations

from math import ceil
from typing import Final, Literal

import numpy as np

from layerzoo.data.colors import from_ycrcb, to_bytes, to_ycrcb
from layerzoo.data.image import encode
from layerzoo.data.samples import Image
from layerzoo.image_file import decode

_TILES: Final = 8
"""Tiles of `equalize_locally` along each side."""


def blur(image: Image, size: int = 7, sigma: float = 1.5) -> Image:
    """Gaussian blur; the image is mirrored at its edges.

    Args:
        image: the image.
        size: side of the kernel in pixels, odd.
        sigma: standard deviation in pixels.
    """
    offsets = np.arange(size) - size // 2
    kernel = np.exp(-(offsets**2) / (2 * sigma**2))
    kernel /= kernel.sum()
    pad = size // 2
    padded = np.pad(image.astype(np.float64), ((0, 0), (pad, pad), (pad, pad)), _mirrored(image, pad))
    height, width = image.shape[1:]
    rows = sum(weight * padded[:, i : i + height] for i, weight in enumerate(kernel))
    return to_bytes(sum(weight * rows[:, :, i : i + width] for i, weight in enumerate(kernel)))


def kernel_within(size: int, sides: tuple[int, ...]) -> int:
    """The size of a kernel, made smaller where an image has too few pixels to mirror."""
    return min(size, 2 * max(0, min(sides) - 1) + 1) if min(sides) > 1 else min(size, 3)


def sharpen(image: Image, factor: float) -> Image:
    """Move an image away from its smoothed copy; a factor below 1 smooths it. Edge pixels are unchanged."""
    height, width = image.shape[1:]
    if min(height, width) < 3:
        return image
    values = image.astype(np.float32)
    around = sum(
        values[:, row : row + height - 2, column : column + width - 2]
        for row in range(3)
        for column in range(3)
    )
    smooth = np.rint((around + 4 * values[:, 1:-1, 1:-1]) / 13)
    sharpened = image.copy()
    sharpened[:, 1:-1, 1:-1] = to_bytes(smooth + np.float32(factor) * (values[:, 1:-1, 1:-1] - smooth))
    return sharpened


def solarize(image: Image, threshold: int) -> Image:
    """Invert the values from a threshold on."""
    return np.where(image >= threshold, 255 - image, image)


def stretch(image: Image) -> Image:
    """Stretch the values of each channel to the full range; a channel of one value is unchanged."""
    low = image.min((1, 2), keepdims=True).astype(np.float32)
    spread = image.max((1, 2), keepdims=True) - low
    return to_bytes(np.where(spread > 0, (image - low) * (255 / np.maximum(spread, 1)), image))


def equalize(image: Image) -> Image:
    """Equalise the histogram; of a colour image that of the brightness."""
    if len(image) > 1:
        parts = to_ycrcb(image)
        parts[0] = equalize(parts[:1])[0]
        return from_ycrcb(parts)
    counts = np.bincount(image.ravel(), minlength=256)
    first = int(np.flatnonzero(counts)[0])
    rest = image.size - counts[first]
    if not rest:
        return image.copy()
    counts[: first + 1] = 0
    return to_bytes(np.cumsum(counts) * (255 / rest))[image]


def equalize_locally(image: Image, limit: float = 4.0) -> Image:
    """Contrast-limited adaptive histogram equalisation (CLAHE), of the brightness, in 8 x 8 tiles.

    Source: Zuiderveld 1994, "Contrast limited adaptive histogram equalization".

    Args:
        image: the image.
        limit: largest count of a grey level, relative to the mean count.
    """
    if len(image) > 1:
        parts = to_ycrcb(image)
        parts[0] = equalize_locally(parts[:1], limit)[0]
        return from_ycrcb(parts)
    height, width = image.shape[1:]
    tall, wide = ceil(height / _TILES), ceil(width / _TILES)
    if height % _TILES or width % _TILES:  # as OpenCV, which pads both sides if either needs it
        tall, wide = height // _TILES + 1, width // _TILES + 1
    extra = ((0, tall * _TILES - height), (0, wide * _TILES - width))
    padded = np.pad(image[0], extra, _mirrored(image, max(extra[0][1], extra[1][1])))
    tiles = padded.reshape(_TILES, tall, _TILES, wide).transpose(0, 2, 1, 3).reshape(_TILES**2, -1)
    tables = np.stack([_limited_table(tile, limit) for tile in tiles]).reshape(_TILES, _TILES, 256)
    top, bottom, down = _between_tiles(height, tall)
    left, right, across = _between_tiles(width, wide)
    values = image[0]

    def of(rows: Image, columns: Image) -> Image:
        return tables[rows[:, None], columns[None], values].astype(np.float32)  # type: ignore[no-any-return]

    upper = of(top, left) * (1 - across) + of(top, right) * across
    lower = of(bottom, left) * (1 - across) + of(bottom, right) * across
    return to_bytes(upper * (1 - down[:, None]) + lower * down[:, None])[None]


def _limited_table(tile: Image, limit: float) -> Image:
    """The equalising table of a tile, whose counts above the limit are spread over all levels."""
    counts = np.bincount(tile, minlength=256)
    most = max(int(limit * tile.size / 256), 1)
    spare = int(np.maximum(counts - most, 0).sum())
    counts = np.minimum(counts, most) + spare // 256
    rest = spare % 256
    if rest:
        step = max(256 // rest, 1)
        counts[: rest * step : step] += 1
    return to_bytes(np.cumsum(counts) * np.float32(255 / tile.size))


def _between_tiles(size: int, tile: int) -> tuple[Image, Image, Image]:
    """For each pixel along a side: the tiles before and after it, and the weight of the second."""
    place = np.arange(size, dtype=np.float32) / tile - 0.5
    first = np.floor(place).astype(np.int64)
    weight = (place - first).astype(np.float32)
    return first.clip(0), (first + 1).clip(max=_TILES - 1), weight


def erode(image: Image) -> Image:
    """The darkest of each pixel and its four neighbours."""
    padded = np.pad(image, ((0, 0), (1, 1), (1, 1)), constant_values=255)
    height, width = image.shape[1:]
    crosses = ((1, 1), (0, 1), (2, 1), (1, 0), (1, 2))
    shifted = (padded[:, row : row + height, column : column + width] for row, column in crosses)
    darkest: Image = np.minimum.reduce(list(shifted))
    return darkest


def posterize(image: Image, step: int = 64) -> Image:
    """Round each value to the middle of its range of ``step`` values."""
    return image // step * step + step // 2


def compress(image: Image, quality: int, name: str) -> Image:
    """Compress as JPEG and decode again, in colour."""
    return decode(encode(image, "jpg", name, quality), True, name)


def _mirrored(image: Image, pad: int) -> Literal["reflect", "edge"]:
    """How to pad: mirrored at the edges, as far as the image has pixels to mirror."""
    return "reflect" if min(image.shape[1:]) > 1 else "edge"
