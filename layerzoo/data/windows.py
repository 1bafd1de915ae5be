"""Read R-CNN's window files, and cut windows out of images as R-CNN does."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice
from math import floor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from layerzoo.data.image import resize
from layerzoo.data.listed_files import read_lines
from layerzoo.data.samples import Floats, Image
from layerzoo.errors import DataError

_MAX_VALUE = 2**24
"""The largest class or coordinate of a window; single precision holds whole numbers up to it exactly."""
_FORMAT = (
    "expected '# index', path, channels (1 or 3), height, width and number of windows, then a line for each: "
    "class, overlap, x1, y1, x2, y2"
)


class Box(NamedTuple):
    """Corners of a box in pixels, from 0, both inclusive."""

    x1: int
    y1: int
    x2: int
    y2: int


class WindowedImage(NamedTuple):
    """An image of a window file.

    Attributes:
        path: path as written in the file.
        channels: 3, or 1 for grey.
        windows: a row per window: class, overlap with an object (0 to 1), x1, y1, x2, y2.
    """

    path: str
    channels: int
    windows: Floats


def read_windows(path: str | Path) -> Iterator[WindowedImage]:
    """Iterate over the images of a window file.

    The file holds for each image: ``# index``, path, channels, height, width and number of windows, then a
    line for each window: class, overlap, x1, y1, x2, y2.

    Raises:
        OSError: the file can't be read.
        DataError: the file has another format or is truncated.
    """
    lines = (line for line in read_lines(path) if not line.isspace())
    for index in count():
        head: list[str] = []
        while len(head) < 7 and (line := next(lines, "")):
            head += line.split()
        if not head and index:
            return
        try:
            mark, number, name, channels, _, _, windows = head
            if (mark, int(number)) != ("#", index) or channels not in {"1", "3"}:
                raise ValueError
            words = " ".join(islice(lines, int(windows))).split()
            rows = np.array(words, np.float64).reshape(int(windows), 6)
            if not (np.abs(rows) <= _MAX_VALUE).all():  # NaN is not
                raise ValueError
        except ValueError:
            raise DataError(f"{path}: image {index}, {' '.join(head)[:200]!r}: {_FORMAT}") from None
        yield WindowedImage(name, int(channels), rows.astype(np.float32))


def cut_window(
    image: Image, box: Box, size: int, context_pad: int = 0, square: bool = False, flip: bool = False
) -> tuple[Image, int, int]:
    """Crop a window with its context and resize it to ``size`` x ``size``.

    Args:
        image: channels x height x width.
        box: the window.
        size: side of the result in pixels.
        context_pad: pixels of context on each side of the window, in the result.
        square: enlarge the window to a square first, which keeps its aspect ratio.
        flip: mirror the result horizontally, with its offset.

    Returns:
        the part of the result inside the image, channels x height x width, and the row and column of the
        result at which it starts; the rest of the result is outside the image.

    Raises:
        ValueError: the window is outside the image.
    """
    rows, columns = image.shape[1:]
    height = width = size
    top = left = 0
    if context_pad or square:
        grown = _grown(box, size, context_pad, square)
        inside = Box(max(grown.x1, 0), max(grown.y1, 0), min(grown.x2, columns - 1), min(grown.y2, rows - 1))
        across = np.float32(size) / np.float32(grown.x2 - grown.x1 + 1)
        down = np.float32(size) / np.float32(grown.y2 - grown.y1 + 1)
        top = _round(down * np.float32(inside.y1 - grown.y1))
        left = _round(across * np.float32(grown.x2 - inside.x2 if flip else inside.x1 - grown.x1))
        # rounding can make it one pixel too large
        height = min(_round(down * np.float32(inside.y2 - inside.y1 + 1)), size - top)
        width = min(_round(across * np.float32(inside.x2 - inside.x1 + 1)), size - left)
        box = inside
    if not (0 <= box.x1 <= box.x2 < columns and 0 <= box.y1 <= box.y2 < rows) or min(height, width) < 1:
        raise ValueError(f"outside the image of {columns} x {rows} (width x height)")
    cut = resize(image[:, box.y1 : box.y2 + 1, box.x1 : box.x2 + 1], height, width)
    return cut[:, :, ::-1] if flip else cut, top, left


def _grown(box: Box, size: int, context_pad: int, square: bool) -> Box:
    """The window with its context, which may exceed the image; in single precision, as in Caffe."""
    factor = np.float32(size) / np.float32(size - 2 * context_pad)
    half_width, half_height = np.float32(box.x2 - box.x1 + 1) / 2, np.float32(box.y2 - box.y1 + 1) / 2
    x, y = np.float32(box.x1) + half_width, np.float32(box.y1) + half_height
    if square:
        half_width = half_height = max(half_width, half_height)
    half_width, half_height = half_width * factor, half_height * factor
    return Box(
        _round(x - half_width), _round(y - half_height), _round(x + half_width), _round(y + half_height)
    )


def _round(value: np.floating[Any] | float) -> int:
    """Round to the nearest integer, halves away from zero, as C's ``round``."""
    exact = float(value)
    return floor(exact + 0.5) if exact >= 0 else -floor(0.5 - exact)
