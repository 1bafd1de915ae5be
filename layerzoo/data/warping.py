"""Affine and perspective maps of images, in one resampling.

A map is a 3 x 3 matrix from pixels of the result to pixels of the source, both counted from the centre of the
first pixel. Coordinates are rounded to 1/32 pixel, as OpenCV does, from arithmetic that is exact in double
precision: so OpenCV, numpy and torch (`layerzoo.data.device_filters`) compute the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, radians, sin, tan
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from layerzoo import image_file
from layerzoo.data.samples import Image

Matrix = NDArray[np.float64]
Border = Literal["constant", "edge", "reflect"]
"""Values outside the image: a constant, the nearest pixel, or the image mirrored at its edge pixels."""

STEPS: Final = 32
"""Places per pixel that coordinates are rounded to."""
_EXACT: Final = 2.0**30
"""Matrix entries are multiples of its inverse, so that products with coordinates are exact."""
LEAST: Final = 1e-3
"""The least divisor of a perspective: points nearer the horizon are outside of every image."""
_CV_SIDE: Final = 32766


def about_centre(matrix: Matrix, height: int, width: int) -> Matrix:
    """A map whose origin is the centre of an image."""
    x, y = (width - 1) / 2, (height - 1) / 2
    there = np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])
    back = np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1.0]])
    moved: Matrix = there @ matrix @ back
    return moved


def affine(
    rotation: float = 0.0,
    translation: tuple[float, float] = (0.0, 0.0),
    zoom: float = 1.0,
    shear: tuple[float, float] = (0.0, 0.0),
) -> Matrix:
    """The map that shears, zooms, rotates, then moves what it shows; the inverse of what it does to points.

    Args:
        rotation: counter-clockwise, in degrees.
        translation: to the right and down, in pixels.
        zoom: factor of the size.
        shear: along the rows and along the columns, in degrees.
    """
    turn = radians(rotation)
    turned = np.array([[cos(turn), sin(turn), 0], [-sin(turn), cos(turn), 0], [0, 0, 1.0]])
    sheared = np.array([[1, tan(radians(shear[0])), 0], [tan(radians(shear[1])), 1, 0], [0, 0, 1.0]])
    forward = turned @ np.diag([zoom, zoom, 1.0]) @ sheared
    forward[:2, 2] += translation
    inverse: Matrix = np.linalg.inv(forward)
    return inverse


def from_corners(corners: Sequence[tuple[float, float]], height: int, width: int) -> Matrix:
    """The map that shows the corners of an image at other places.

    Args:
        corners: where top left, top right, bottom right and bottom left go, as x, y in pixels.
        height, width: of the image.
    """
    right, bottom = float(max(1, width - 1)), float(max(1, height - 1))
    old = ((0.0, 0.0), (right, 0.0), (right, bottom), (0.0, bottom))
    rows, values = [], []
    for (x, y), (u, v) in zip(corners, old, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.append(np.linalg.solve(np.array(rows), np.array(values)), 1.0).reshape(3, 3)


def exact(matrix: Matrix) -> Matrix:
    """A map with entries rounded so that coordinates are exact, and the last entry 1."""
    rounded: Matrix = np.rint(matrix / matrix[2, 2] * _EXACT) / _EXACT
    return rounded


def places(matrix: Matrix, height: int, width: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Columns and rows of the source for each pixel of a result, in units of 1/32 pixel.

    Args:
        matrix: the map, see `exact`.
        height, width: of the result.
    """
    x, y = np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64)[:, None]
    (a, b, c), (d, e, f), (g, h, _) = matrix.tolist()
    across, down = a * x + b * y + c, d * x + e * y + f
    if g or h:
        divisor = g * x + h * y + 1
        divisor = np.where(divisor < LEAST, LEAST, divisor)
        across, down = across / divisor, down / divisor
    limit = float(1 << 25)
    columns = np.floor(across * STEPS + 0.5).clip(-limit, limit).astype(np.int32)
    rows = np.floor(down * STEPS + 0.5).clip(-limit, limit).astype(np.int32)
    return np.broadcast_to(columns, (height, width)), np.broadcast_to(rows, (height, width))


def warp(
    image: Image,
    matrix: Matrix,
    size: tuple[int, int] | None = None,
    fill: Sequence[float] = (0.0,),
    border: Border = "constant",
    nearest: bool = False,
) -> Image:
    """Resample an image.

    Args:
        image: channels x height x width.
        matrix: the map from the result to the image.
        size: height and width of the result; None for those of the image.
        fill: value outside the image, with border ``constant``: one, or one for each channel.
        border: the values outside.
        nearest: take the nearest pixel instead of the bilinear mean of four.
    """
    height, width = size or (image.shape[1], image.shape[2])
    columns, rows = places(exact(matrix), height, width)
    values = _values(image, fill)
    if nearest:
        return _nearest(image, columns, rows, values, border)
    cv2 = image_file.opencv()
    if cv2 and len(image) in (1, 3) and max(height, width, *image.shape[1:]) <= _CV_SIDE:
        return _by_opencv(cv2, image, columns, rows, values, border)
    return _bilinear(image, columns, rows, values, border)


def moved_points(points: NDArray[np.float64], matrix: Matrix) -> NDArray[np.float64]:
    """Where points of the source appear in the result, N x 2 as x, y; infinite behind the horizon."""
    back = np.linalg.inv(matrix)
    moved = np.column_stack((points, np.ones(len(points)))) @ back.T
    divisor = moved[:, 2:] / back[2, 2]
    shown: NDArray[np.float64] = np.where(
        divisor > LEAST, moved[:, :2] / np.where(divisor > LEAST, moved[:, 2:], 1), np.inf
    )
    return shown


def _values(image: Image, fill: Sequence[float]) -> Image:
    values = np.broadcast_to(np.array(fill, np.float64), (len(image),))
    return (
        np.rint(values).clip(0, 255).astype(np.uint8)
        if image.dtype == np.uint8
        else values.astype(image.dtype)
    )


def _by_opencv(
    cv2: object,
    image: Image,
    columns: NDArray[np.int32],
    rows: NDArray[np.int32],
    fill: Image,
    border: Border,
) -> Image:
    modes = {"constant": "BORDER_CONSTANT", "edge": "BORDER_REPLICATE", "reflect": "BORDER_REFLECT_101"}
    pixels = np.ascontiguousarray(image.transpose(1, 2, 0))
    maps = (each.astype(np.float32) / np.float32(STEPS) for each in (columns, rows))
    warped = cv2.remap(  # type: ignore[attr-defined]
        pixels,
        *maps,
        interpolation=cv2.INTER_LINEAR,  # type: ignore[attr-defined]
        borderMode=getattr(cv2, modes[border]),
        borderValue=fill.tolist(),
    )
    chw: Image = warped[None] if warped.ndim == 2 else warped.transpose(2, 0, 1)
    return chw


def _nearest(
    image: Image, columns: NDArray[np.int32], rows: NDArray[np.int32], fill: Image, border: Border
) -> Image:
    half = STEPS // 2
    across, down = (columns + half) >> 5, (rows + half) >> 5
    _, height, width = image.shape
    taken: Image = image[:, _inside(down, height, border), _inside(across, width, border)]
    if border == "constant":
        outside = (across < 0) | (across >= width) | (down < 0) | (down >= height)
        taken[:, outside] = fill[:, None]
    return taken


def _bilinear(
    image: Image, columns: NDArray[np.int32], rows: NDArray[np.int32], fill: Image, border: Border
) -> Image:
    channels, height, width = image.shape
    if border == "constant":
        padded = np.empty((channels, height + 2, width + 2), image.dtype)
        padded[:] = fill[:, None, None]
        padded[:, 1:-1, 1:-1] = image
        # what is further outside than one pixel is all fill
        columns = (columns + STEPS).clip(0, (width + 1) * STEPS)
        rows = (rows + STEPS).clip(0, (height + 1) * STEPS)
    else:
        padded = np.ascontiguousarray(image)
    tall, wide = padded.shape[1:]
    left, top = columns >> 5, rows >> 5
    kind = np.int32 if image.dtype == np.uint8 else image.dtype
    across, down = (columns & 31).astype(kind), (rows & 31).astype(kind)
    lefts, rights = (_inside(each, wide, border) for each in (left, left + 1))
    tops, bottoms = (_inside(each, tall, border) * np.int32(wide) for each in (top, top + 1))
    corners = [(each + other).astype(np.intp) for each in (tops, bottoms) for other in (lefts, rights)]
    weights = [x * y for y in (STEPS - down, down) for x in (STEPS - across, across)]
    mixed = np.empty((channels, *columns.shape), image.dtype)
    for plane, target in zip(padded.reshape(channels, -1), mixed, strict=True):
        total = plane.take(corners[0]) * weights[0]
        for corner, weight in zip(corners[1:], weights[1:], strict=True):
            total += plane.take(corner) * weight
        target[:] = (total + 512) >> 10 if image.dtype == np.uint8 else total / STEPS**2
    return mixed


def _inside(places: NDArray[np.int32], side: int, border: Border) -> NDArray[np.int32]:
    """Indices inside an image for places that may lie outside."""
    if border != "reflect" or side == 1:
        return places.clip(0, side - 1)
    folded = np.mod(places, 2 * side - 2)
    inside: NDArray[np.int32] = np.minimum(folded, 2 * side - 2 - folded)
    return inside
