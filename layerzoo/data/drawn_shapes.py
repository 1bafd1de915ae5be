"""Draw pictures of shapes on textured backgrounds, with the box, the mask and the class of each shape.

A picture is a function of its seed. Edges are antialiased: the coverage of a pixel is its signed distance
from the outline, clipped to one pixel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from layerzoo.data.samples import Floats

Plane = NDArray[np.float64]
Bytes = NDArray[np.uint8]

_SMALLEST, _LARGEST = 0.12, 0.3
"""Radius of a shape's circumscribed circle, as a share of the picture's side."""
_TRIES: Final = 30
_CONTRAST: Final = 90.0
"""The least distance between the colour of a shape and that of the background around it, in grey levels."""


class Drawn(NamedTuple):
    """One picture.

    Attributes:
        image: blue, green, red x height x width.
        mask: height x width; the class of each pixel's shape, 0 for the background.
        boxes: a row per shape: class (from 1), left, top, right, bottom, as shares of the picture's side.
    """

    image: Bytes
    mask: Bytes
    boxes: Floats


def draw(seed: tuple[int, ...], side: int, max_shapes: int) -> Drawn:
    """Draw a picture with one to ``max_shapes`` shapes, which don't overlap.

    Args:
        seed: names the picture.
        side: side of the picture in pixels.
        max_shapes: the most shapes in it.
    """
    rng = np.random.default_rng(seed)
    canvas = _background(rng, side)
    mask = np.zeros((side, side), np.uint8)
    boxes: list[tuple[float, ...]] = []
    placed: list[tuple[float, float, float]] = []
    for _ in range(int(rng.integers(1, max_shapes + 1))):
        place = _free_place(rng, side, placed)
        if place is None:
            continue
        placed.append(place)
        number = int(rng.integers(len(SHAPES)))
        distance, box = SHAPES[number](side, *place, float(rng.uniform(0, 2 * np.pi)))
        coverage = np.clip(0.5 - distance, 0, 1)
        canvas += coverage * (_paint(rng, side, canvas, coverage) - canvas)
        mask[distance < 0] = number + 1
        boxes.append((number + 1, *(value / side for value in box)))
    canvas += rng.normal(0, 4, canvas.shape)
    image = np.clip(canvas + 0.5, 0, 255).astype(np.uint8)
    return Drawn(image, mask, np.array(boxes, np.float32))


def disc(side: int, x: float, y: float, radius: float, angle: float) -> tuple[Plane, tuple[float, ...]]:
    """Signed distance of each pixel from a disc, and its box in pixels; ``angle`` changes nothing."""
    away = np.hypot(*_offsets(side, x, y))
    return away - radius, (x - radius, y - radius, x + radius, y + radius)


def ring(side: int, x: float, y: float, radius: float, angle: float) -> tuple[Plane, tuple[float, ...]]:
    """Signed distance of each pixel from a ring a third as wide as its radius, and its box in pixels."""
    away = np.hypot(*_offsets(side, x, y))
    return np.maximum(away - radius, radius * 2 / 3 - away), (x - radius, y - radius, x + radius, y + radius)


def square(side: int, x: float, y: float, radius: float, angle: float) -> tuple[Plane, tuple[float, ...]]:
    """Signed distance of each pixel from a square, turned by ``angle``, and its box in pixels."""
    return _polygon(side, x, y, radius, angle, 4)


def triangle(side: int, x: float, y: float, radius: float, angle: float) -> tuple[Plane, tuple[float, ...]]:
    """Signed distance of each pixel from a triangle of equal sides, turned by ``angle``, and its box."""
    return _polygon(side, x, y, radius, angle, 3)


SHAPES: Final[tuple[Callable[..., tuple[Plane, tuple[float, ...]]], ...]] = (disc, square, triangle, ring)
"""The shapes in the order of their classes, which count from 1."""
NAMES: Final = tuple(shape.__name__ for shape in SHAPES)


def _polygon(
    side: int, x: float, y: float, radius: float, angle: float, corners: int
) -> tuple[Plane, tuple[float, ...]]:
    """A regular polygon: the distance is the largest of those from its sides, exact but near the corners."""
    dx, dy = _offsets(side, x, y)
    turns = angle + 2 * np.pi * np.arange(corners) / corners
    normals = turns + np.pi / corners
    inner = radius * np.cos(np.pi / corners)
    distance: Plane = np.max([dx * np.cos(n) + dy * np.sin(n) for n in normals], axis=0) - inner
    xs, ys = x + radius * np.cos(turns), y + radius * np.sin(turns)
    return distance, (float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max()))


def _offsets(side: int, x: float, y: float) -> tuple[Plane, Plane]:
    """Offsets of the pixels' centres from a point."""
    centres = np.arange(side) + 0.5
    dx, dy = np.meshgrid(centres - x, centres - y)
    return dx, dy


def _free_place(
    rng: np.random.Generator, side: int, placed: list[tuple[float, float, float]]
) -> tuple[float, float, float] | None:
    """Centre and radius of a circle inside the picture that touches no other; None if none was found."""
    for _ in range(_TRIES):
        radius = side * float(rng.uniform(_SMALLEST, _LARGEST))
        x, y = (float(value) for value in rng.uniform(radius, side - radius, 2))
        if all(np.hypot(x - u, y - v) > radius + other for u, v, other in placed):
            return x, y, radius
    return None


def _background(rng: np.random.Generator, side: int) -> Plane:
    """A texture: a colour, and noise of three grain sizes."""
    texture = rng.uniform(40, 215, (3, 1, 1)) + np.zeros((3, side, side))
    for cells, amplitude in ((2, 35), (6, 20), (24, 12)):
        texture += amplitude * _smooth(rng.normal(0, 1, (3, cells + 1, cells + 1)), side)
    return texture


def _smooth(grid: Plane, side: int) -> Plane:
    """Enlarge a grid (3, n, n) to (3, side, side), bilinearly."""
    places = np.linspace(0, grid.shape[-1] - 1, side)
    low = np.minimum(places.astype(int), grid.shape[-1] - 2)
    share = places - low
    rows = grid[:, low] * (1 - share)[:, None] + grid[:, low + 1] * share[:, None]
    wide: Plane = rows[:, :, low] * (1 - share) + rows[:, :, low + 1] * share
    return wide


def _paint(rng: np.random.Generator, side: int, canvas: Plane, coverage: Plane) -> Plane:
    """A shape's paint: a colour away from that of the background under it, plain or with stripes."""
    under = (canvas * coverage).sum((1, 2)) / max(float(coverage.sum()), 1e-6)
    colour = rng.uniform(0, 255, 3)
    while np.linalg.norm(colour - under) < _CONTRAST:
        colour = rng.uniform(0, 255, 3)
    paint = colour[:, None, None] + np.zeros((3, side, side))
    if rng.random() < 0.5:
        dx, dy = _offsets(side, 0, 0)
        turn, period = rng.uniform(0, np.pi), rng.uniform(4, 10)
        paint += 18 * np.sin((dx * np.cos(turn) + dy * np.sin(turn)) * 2 * np.pi / period)
    return paint
