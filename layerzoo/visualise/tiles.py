"""Pictures of arrays: tiles in a grid, a matrix, bars."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from torch.nn.functional import adaptive_avg_pool2d

from layerzoo.visualise.colours import Pixels, coloured, largest

_WIDTH: Final = 1024
"""The largest width of a grid and the largest side of a matrix, in pixels, where tiles allow it."""
_TILE: Final = 96
_NAMED_TILE: Final = 128
_CELL: Final = 16
_LEAST_SIDE: Final = 280
_LINE: Final = 18
_BAR: Final = 320
_LETTERS: Final = 24
_PAPER: Final = 255


def grid(tiles: Pixels, columns: int | None = None) -> Image.Image:
    """Tiles in rows, enlarged by a whole number, with white lines between them.

    Args:
        tiles: count x height x width x 3.
        columns: tiles in a row; None makes the grid about square.
    """
    count, height, width = tiles.shape[:3]
    columns = columns or max(1, ceil(sqrt(count * height / width)))
    columns = min(columns, max(1, count))
    rows = max(1, ceil(count / columns))
    zoom = max(1, min(_TILE // max(height, width), _WIDTH // (columns * (width + 1))))
    large = tiles.repeat(zoom, 1).repeat(zoom, 2)
    high, wide = height * zoom + 2, width * zoom + 2
    sheet = np.full((rows * high + 2, columns * wide + 2, 3), _PAPER, np.uint8)
    for place, tile in enumerate(large):
        top, left = place // columns * high + 2, place % columns * wide + 2
        sheet[top : top + high - 2, left : left + wide - 2] = tile
    return Image.fromarray(sheet)


def named_grid(tiles: Pixels, names: Sequence[str]) -> Image.Image:
    """Tiles in rows, enlarged by a whole number, each with its name below it.

    Args:
        tiles: count x height x width x 3.
        names: a name for each tile; what is too long for it is cut off.
    """
    count, height, width = tiles.shape[:3]
    zoom = max(1, _NAMED_TILE // max(height, width))
    wide, high = width * zoom + 8, height * zoom + _LINE + 4
    columns = max(1, min(count, _WIDTH // wide))
    rows = max(1, ceil(count / columns))
    sheet = Image.new("RGB", (columns * wide, rows * high), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default()
    for place, (tile, whole) in enumerate(zip(tiles, names, strict=True)):
        left, top = place % columns * wide + 4, place // columns * high + 4
        sheet.paste(Image.fromarray(tile.repeat(zoom, 0).repeat(zoom, 1)), (left, top))
        fitting = (whole[:end] for end in range(len(whole), 0, -1))
        name = next((part for part in fitting if font.getlength(part) <= wide - 8), "")
        draw.text((left, top + height * zoom + _LINE / 2 - 2), name, "black", font, "lm")
    return sheet


def matrix(values: NDArray[Any]) -> Image.Image:
    """A matrix, a cell for each value; of one with a side above 1,024 each cell is the mean of several."""
    limit = largest(values)
    if max(values.shape) > _WIDTH:
        size = (min(_WIDTH, values.shape[0]), min(_WIDTH, values.shape[1]))
        values = adaptive_avg_pool2d(torch.from_numpy(values.astype(np.float32))[None], size)[0].numpy()
        limit = largest(values)
    zoom = max(1, min(_CELL, _WIDTH // max(values.shape)))
    return Image.fromarray(coloured(values, limit).repeat(zoom, 0).repeat(zoom, 1))


def bars(values: NDArray[Any], names: Sequence[str]) -> Image.Image:
    """A bar for each value, to the right of a line at 0 if it is positive, with its name and number."""
    limit = largest(values) or 1.0
    signed = bool((values < 0).any())
    wide = 10 + 7 * min(_LETTERS, max(map(len, names), default=0))
    zero = wide + (_BAR if signed else 0)
    picture = Image.new("RGB", (zero + _BAR + 90, _LINE * len(values) + 4), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default()
    colours = coloured(np.where(np.isfinite(values), np.sign(values), values), 1.0)
    for place, (value, name) in enumerate(zip(values.tolist(), names, strict=True)):
        top = place * _LINE + 4
        draw.text((wide - 6, top + _LINE / 2 - 2), name[:_LETTERS], "black", font, "rm")
        length = round(_BAR * value / limit) if np.isfinite(value) else _BAR
        ink = tuple(colours[place].tolist()) if signed or not np.isfinite(value) else (33, 102, 172)
        draw.rectangle((min(zero, zero + length), top, max(zero, zero + length), top + _LINE - 6), ink)
        draw.text((zero + max(0, length) + 6, top + _LINE / 2 - 2), f"{value:.4g}", "black", font, "lm")
    return picture


def enlarged(pixels: Pixels) -> Image.Image:
    """A picture, a small one enlarged by a whole number, with sharp pixels."""
    zoom = max(1, _LEAST_SIDE // max(1, min(pixels.shape[:2])))
    return Image.fromarray(pixels.repeat(zoom, 0).repeat(zoom, 1))


def beside(pictures: Sequence[Image.Image]) -> Image.Image:
    """Pictures side by side."""
    gap = 8
    width = sum(picture.width for picture in pictures) + gap * (len(pictures) - 1)
    sheet = Image.new("RGB", (width, max(picture.height for picture in pictures)), "white")
    left = 0
    for picture in pictures:
        sheet.paste(picture, (left, 0))
        left += picture.width + gap
    return sheet


def span(values: NDArray[Any]) -> str:
    """The range of values as text, for a caption."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return "no finite values"
    text = f"{finite.min():.4g} to {finite.max():.4g}"
    lost = values.size - finite.size
    return f"{text}; {lost:,} not finite (magenta)" if lost else text
