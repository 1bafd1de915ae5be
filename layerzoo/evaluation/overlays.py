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
_LEAST_SIDE: Final = 320
"""Pictures with a shorter side below this are enlarged, so that labels don't cover what they name."""
_GREY: Final = (0.299, 0.587, 0.114)


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


def with_boxes(picture: Image.Image, boxes: Sequence[Box], *, enlarge: bool = True) -> Image.Image:
    """A copy of a picture with boxes and their labels.

    Args:
        picture: the picture.
        boxes: the boxes, the one on top first.
        enlarge: whether a small picture is enlarged by a whole number.
    """
    drawn = _large(picture) if enlarge else picture.copy()
    draw = ImageDraw.Draw(drawn)
    line = max(2, min(drawn.size) // 200)
    font = ImageFont.load_default(max(11, min(drawn.size) // 30))
    for box in reversed(boxes):  # the first one is on top
        ink = colour(box.number)
        corners = _corners(box, drawn.size)
        around = (corners[0] - 1, corners[1] - 1, corners[2] + 1, corners[3] + 1)
        draw.rectangle(around, outline=_on(ink))  # a box of the colour of what is behind it is seen too
        draw.rectangle(corners, outline=ink, width=line)
        left, top, right, bottom = draw.textbbox((0, 0), box.text, font)
        wide, high = right - left + 2 * _MARGIN, bottom - top + 2 * _MARGIN
        x = max(0, min(corners[0], drawn.width - wide))
        y = corners[1] - high if corners[1] >= high else corners[1]
        draw.rectangle((x, y, x + wide, y + high), fill=ink)
        draw.text((x + _MARGIN - left, y + _MARGIN - top), box.text, _on(ink), font)
    return drawn


def masked(picture: Image.Image, mask: NDArray[np.uint8]) -> Image.Image:
    """A copy of a picture under a coloured mask; a small one is enlarged.

    What the mask colours becomes grey below it, so that the colour is that of the class, and has an outline.

    Args:
        picture: the picture.
        mask: height x width, class indices; resized to the picture's size.
    """
    picture = _large(picture)
    base = np.asarray(picture, np.float32)
    enlarged = Image.fromarray(mask).resize(picture.size, Image.Resampling.NEAREST)
    numbers = np.asarray(enlarged)
    grey, colours = base @ np.array(_GREY, np.float32), palette()[numbers]
    tinted = grey[..., None] * (1 - _OPACITY) + colours * _OPACITY
    tinted = np.where(_outline(numbers)[..., None], colours, tinted)
    tinted = np.where(numbers[..., None] == 0, base, tinted)
    return Image.fromarray(tinted.astype(np.uint8))


def with_mask(picture: Image.Image, mask: NDArray[np.uint8], labels: Mapping[int, str]) -> Image.Image:
    """A copy of a picture under a coloured mask, as `masked` draws it, with a legend beside it.

    Args:
        picture: the picture.
        mask: height x width, class indices; resized to the picture's size.
        labels: names of the classes in the legend, by index.
    """
    picture = masked(picture, mask)
    font = ImageFont.load_default(14)
    wide = 40 + max((int(font.getlength(label)) for label in labels.values()), default=0)
    high = max(picture.height, 22 * len(labels) + 8)
    drawn = Image.new("RGB", (picture.width + wide, high), "white")
    drawn.paste(picture, (0, 0))
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


def _large(picture: Image.Image) -> Image.Image:
    """A copy of a picture, in RGB, enlarged by a whole number if it is small."""
    factor = -(-_LEAST_SIDE // max(1, min(picture.size)))
    size = (picture.width * factor, picture.height * factor)
    return picture.convert("RGB").resize(size, Image.Resampling.BICUBIC)


def _outline(numbers: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The pixels with one of another class within two pixels above, below, left or right; height x width."""
    edge = np.zeros(numbers.shape, bool)
    for axis in (0, 1):
        for step in (1, 2):
            least = np.arange(numbers.shape[axis])
            for moved in (least - step, least + step):
                neighbours = numbers.take(moved.clip(0, numbers.shape[axis] - 1), axis)
                edge |= neighbours != numbers
    return edge


def _corners(box: Box, size: tuple[int, int]) -> tuple[float, float, float, float]:
    width, height = size[0] - 1, size[1] - 1
    left, right = sorted((box.left * width, box.right * width))
    top, bottom = sorted((box.top * height, box.bottom * height))
    return left, top, right, bottom


def _on(ink: tuple[int, int, int]) -> str:
    """Black or white, whichever is legible on a colour."""
    return "black" if sum(share * part for share, part in zip(_GREY, ink, strict=True)) > 140 else "white"
