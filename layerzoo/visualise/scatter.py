"""A picture of samples in the plane, in the colours of their classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from layerzoo.evaluation.overlays import colour

_SIDE: Final = 640
_MARGIN: Final = 36
_SCALE: Final = 2
"""Dots are drawn in a larger picture, which is then made smaller: their edges become smooth."""
_RADIUS: Final = 4
_LINE: Final = 18
_MOST_NAMED: Final = 32
_LETTERS: Final = 24
_PLAIN: Final = (33, 102, 172)


def scatter(
    places: NDArray[Any],
    labels: NDArray[np.int64] | None = None,
    names: Sequence[str] = (),
    axes: tuple[str, str] = ("", ""),
) -> Image.Image:
    """A dot for each sample, with the names of the classes that occur beside it, if they are not many.

    Args:
        places: samples x 2.
        labels: class of each sample; None draws all in one colour.
        names: names of the classes; a class without one has its number.
        axes: what stands at the horizontal and the vertical axis.
    """
    low, high = places.min(0), places.max(0)
    shares = (places - low) / np.where(high > low, high - low, 1.0)
    inner = (_SIDE - 2 * _MARGIN) * _SCALE
    large = Image.new("RGB", (_SIDE * _SCALE, _SIDE * _SCALE), "white")
    draw = ImageDraw.Draw(large)
    edge = (_MARGIN - 12) * _SCALE
    draw.rectangle(
        (edge, edge, large.width - edge, large.height - edge), outline=(200, 200, 200), width=_SCALE
    )
    for place, (x, y) in enumerate(shares.tolist()):
        ink = _PLAIN if labels is None else colour(int(labels[place]) + 1)
        centre = (_MARGIN * _SCALE + x * inner, _MARGIN * _SCALE + (1 - y) * inner)
        radius = _RADIUS * _SCALE
        box = (centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius)
        draw.ellipse(box, ink, outline="white", width=1)
    small = large.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    classes = [] if labels is None else np.unique(labels).tolist()
    named = {index: _name(index, names) for index in classes} if len(classes) <= _MOST_NAMED else {}
    font = ImageFont.load_default()
    wide = 30 + max((int(font.getlength(name)) for name in named.values()), default=-30)
    picture = Image.new("RGB", (_SIDE + wide, max(_SIDE, _LINE * len(named) + 2 * _MARGIN)), "white")
    picture.paste(small, (0, 0))
    draw = ImageDraw.Draw(picture)
    draw.text((_SIDE / 2, _SIDE - 12), axes[0], "black", font, "mm")
    upright = Image.new("RGB", (_SIDE, 16), "white")
    ImageDraw.Draw(upright).text((_SIDE / 2, 8), axes[1], "black", font, "mm")
    picture.paste(upright.rotate(90, expand=True), (2, 0))
    for place, (index, name) in enumerate(named.items()):
        y = _MARGIN + place * _LINE
        draw.ellipse((_SIDE, y, _SIDE + 10, y + 10), colour(index + 1))
        draw.text((_SIDE + 16, y + 5), name, "black", font, "lm")
    return picture


def _name(index: int, names: Sequence[str]) -> str:
    return names[index][:_LETTERS] if 0 <= index < len(names) else str(index)
