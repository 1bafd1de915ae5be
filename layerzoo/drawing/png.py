"""Draw a scene as PNG, with Pillow."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from layerzoo.drawing.scene import LINE, PAD, TEXT_SIZE, TITLE_SIZE, Box, Scene
from layerzoo.errors import LayerzooError

_SCALE: Final = 2
_STEPS: Final = 12
_MAX_PIXELS: Final = 120_000_000
_GREY: Final = "#5f6368"


def png(scene: Scene) -> bytes:
    """The scene as PNG at scale 2, or at a smaller one (down to 1/4) if that exceeds the size limit.

    Raises:
        LayerzooError: the picture exceeds the size limit at scale 1/4.
    """
    scale = next(
        (s for s in (_SCALE, 1.0, 0.5, 0.25) if s * s * scene.width * scene.height <= _MAX_PIXELS), None
    )
    if scale is None:
        raise LayerzooError(
            f"a picture of {scene.width:.0f} x {scene.height:.0f} is too large for PNG; write .svg or .html"
        )
    image = Image.new("RGB", (int(scene.width * scale) + 1, int(scene.height * scale) + 1), "white")
    pen = _Pen(ImageDraw.Draw(image), scale)
    for arrow in scene.arrows:
        pen.arrow(arrow.points)
    for box in scene.boxes:
        pen.box(box)
    for arrow in scene.arrows:
        if arrow.label:
            pen.label(arrow.at, arrow.label)
    out = io.BytesIO()
    image.save(out, "png", optimize=True)
    return out.getvalue()


class _Pen:
    """Draws in the units of the scene."""

    def __init__(self, draw: ImageDraw.ImageDraw, scale: float) -> None:
        self.draw, self.scale = draw, scale
        self.title = ImageFont.load_default(TITLE_SIZE * scale)
        self.text = ImageFont.load_default(TEXT_SIZE * scale)

    def box(self, box: Box) -> None:
        inside, edge = box.colours
        corners = [box.x, box.y, box.x + box.width, box.y + box.height]
        width = max(1, round(self.scale))
        self.draw.rounded_rectangle([c * self.scale for c in corners], 5 * self.scale, inside, edge, width)
        x, y = box.x + box.width / 2, box.y + PAD + LINE - 5
        self._write((x, y), box.node.title, self.title, "#202124")
        for number, line in enumerate(box.node.lines, 1):
            self._write((x, y + number * LINE), line, self.text, "#3c4043")

    def label(self, at: tuple[float, float], text: str) -> None:
        place = (at[0] * self.scale, at[1] * self.scale)
        stroke = round(1.5 * self.scale)
        self.draw.text(place, text, _GREY, self.text, anchor="ls", stroke_width=stroke, stroke_fill="white")

    def arrow(self, points: Sequence[tuple[float, float]]) -> None:
        line = [(x * self.scale, y * self.scale) for x, y in _smooth(points)]
        self.draw.line(line, _GREY, max(1, round(self.scale)), joint="curve")
        x, y = line[-1]
        wide, high = 3 * self.scale, 7 * self.scale
        self.draw.polygon([(x, y), (x - wide, y - high), (x + wide, y - high)], _GREY)

    def _write(
        self,
        at: tuple[float, float],
        text: str,
        font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
        fill: str,
    ) -> None:
        self.draw.text((at[0] * self.scale, at[1] * self.scale), text, fill, font, anchor="ms")


def _smooth(points: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Points along the curve of `svg.curve`: cubic segments, vertical at each given point."""
    x, y = points[0]
    yield x, y
    for x2, y2 in points[1:]:
        for step in range(1, _STEPS + 1):
            t = step / _STEPS
            share = t * t * (3 - 2 * t)
            along = 1.5 * t * (1 - t) ** 2 + 1.5 * t * t * (1 - t) + t**3
            yield x + (x2 - x) * share, y + (y2 - y) * along
        x, y = x2, y2
