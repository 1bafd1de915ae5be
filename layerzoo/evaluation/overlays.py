"""Draw boxes and masks into pictures, in colours that tell classes apart."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

_GOLDEN: Final = 0.61803398875
"""Steps of the golden ratio around the circle of hues: neighbouring classes are far apart."""
_OPACITY: Final = 0.55
_MARGIN: Final = 3


class Box(NamedTuple):
    """A box to draw.

    Attributes:
        text: its label.
        number: number of its class, which chooses the colour.
        left, top, right, bottom: its sides, as shares of the picture's width and height.
    """

    text: str
    number: int
    left: float
    top: float
    right: float
    bottom: float


def colour(number: int) -> tuple[int, int, int]:
    """The colour of a class; that of class 0, the background, is black."""
    if number == 0:
        return (0, 0, 0)
    level = 1.0 if number % 2 else 0.75
    red, green, blue = colorsys.hsv_to_rgb((number * _GOLDEN) % 1, 0.85, level)
    return round(red * 255), round(green * 255), round(blue * 255)


def with_boxes(picture: Image.Image, boxes: Sequence[Box]) -> Image.Image:
    """A copy of a picture with boxes and their labels."""
    drawn = picture.convert("RGB")
    draw = ImageDraw.Draw(drawn)
    line = max(2, min(drawn.size) // 200)
    font = ImageFont.load_default(max(11, min(drawn.size) // 30))
    for box in reversed(boxes):  # the first one is on top
        ink = colour(box.number)
        corners = _corners(box, drawn.size)
        draw.rectangle(corners, outline=ink, width=line)
        left, top, right, bottom = draw.textbbox((0, 0), box.text, font)
        wide, high = right - left + 2 * _MARGIN, bottom - top + 2 * _MARGIN
        x = max(0, min(corners[0], drawn.width - wide))
        y = corners[1] - high if corners[1] >= high else corners[1]
        draw.rectangle((x, y, x + wide, y + high), fill=ink)
        draw.text((x + _MARGIN - left, y + _MARGIN - top), box.text, _on(ink), font)
    return drawn


def with_mask(picture: Image.Image, mask: NDArray[np.uint8], labels: Mapping[int, str]) -> Image.Image:
    """A copy of a picture under a coloured mask, with a legend beside it.

    Args:
        picture: the picture.
        mask: height x width, class indices; resized to the picture's size.
        labels: names of the classes in the legend, by index.
    """
    base = np.asarray(picture.convert("RGB"), np.float32)
    enlarged = Image.fromarray(mask).resize(picture.size, Image.Resampling.NEAREST)
    numbers = np.asarray(enlarged)
    tinted = np.where(numbers[..., None] == 0, base, base * (1 - _OPACITY) + palette()[numbers] * _OPACITY)
    font = ImageFont.load_default(14)
    wide = 40 + max((int(font.getlength(label)) for label in labels.values()), default=0)
    high = max(picture.height, 22 * len(labels) + 8)
    drawn = Image.new("RGB", (picture.width + wide, high), "white")
    drawn.paste(Image.fromarray(tinted.astype(np.uint8)), (0, 0))
    draw = ImageDraw.Draw(drawn)
    for place, (number, label) in enumerate(sorted(labels.items())):
        y = 8 + 22 * place
        draw.rectangle(
            (picture.width + 8, y, picture.width + 22, y + 14), fill=colour(number), outline="black"
        )
        draw.text((picture.width + 28, y - 1), label, "black", font)
    return drawn


def mask_picture(mask: NDArray[np.uint8]) -> Image.Image:
    """A mask as a picture with a palette, whose pixels hold the class indices."""
    picture = Image.fromarray(mask, "P")
    picture.putpalette(palette().astype(np.uint8).tobytes())
    return picture


def palette() -> NDArray[np.float32]:
    """The colours of all 256 classes, 256 x 3."""
    return np.array([colour(number) for number in range(256)], np.float32)


def _corners(box: Box, size: tuple[int, int]) -> tuple[float, float, float, float]:
    width, height = size[0] - 1, size[1] - 1
    left, right = sorted((box.left * width, box.right * width))
    top, bottom = sorted((box.top * height, box.bottom * height))
    return left, top, right, bottom


def _on(ink: tuple[int, int, int]) -> str:
    """Black or white, whichever is legible on a colour."""
    return "black" if 0.299 * ink[0] + 0.587 * ink[1] + 0.114 * ink[2] > 140 else "white"
