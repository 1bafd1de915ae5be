"""Resize images by OpenCV's kinds of interpolation; without OpenCV, numpy computes the same.

Images are channels x height x width; those of bytes are rounded as OpenCV rounds them.
"""

from __future__ import annotations

from math import pi
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from layerzoo import image_file
from layerzoo.data.image import resize
from layerzoo.data.samples import Image

Kind = Literal["LINEAR", "AREA", "NEAREST", "CUBIC", "LANCZOS4"]
KINDS: Final[tuple[str, ...]] = get_args(Kind)
"""The kinds of interpolation."""
_Weights = NDArray[np.float64]
_Indices = NDArray[np.int64]


def interpolate(image: Image, height: int, width: int, kind: Kind = "LINEAR") -> Image:
    """Resize an image.

    Args:
        image: channels x height x width.
        height, width: the new size in pixels.
        kind: the interpolation; AREA averages where both sides become smaller.
    """
    if image.shape[1:] == (height, width):
        return image
    if kind == "LINEAR" and image.dtype == np.uint8:
        return resize(image, height, width)
    cv2 = image_file.opencv()
    if cv2:
        pixels = np.ascontiguousarray(image.transpose(1, 2, 0))
        resized = cv2.resize(pixels, (width, height), interpolation=getattr(cv2, f"INTER_{kind}"))
        return resized[None] if resized.ndim == 2 else resized.transpose(2, 0, 1)  # type: ignore[no-any-return]
    old_height, old_width = image.shape[1:]
    if kind == "NEAREST":
        rows, columns = _nearest(old_height, height), _nearest(old_width, width)
        return image[:, rows[:, None], columns]
    if kind == "AREA" and height <= old_height and width <= old_width:
        values = _averages(old_height, height) @ image.astype(np.float64) @ _averages(old_width, width).T
    else:
        down, across = (_taps(*sides, kind) for sides in ((old_height, height), (old_width, width)))
        values = image.astype(np.float64)
        values = np.einsum("crkw,rk->crw", values[:, down[0]], down[1])
        values = np.einsum("crwk,wk->crw", values[:, :, across[0]], across[1])
    if image.dtype == np.uint8:
        return np.rint(values).clip(0, 255).astype(np.uint8)
    return values.astype(image.dtype)


def area_weights(
    old_height: int, old_width: int, height: int, width: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The matrices that resize an image by AREA from the left and, transposed, from the right.

    Args:
        old_height, old_width, height, width: the sizes in pixels.

    Returns:
        weights (height, old_height) and (width, old_width).
    """
    sides = ((old_height, height), (old_width, width))
    if height <= old_height and width <= old_width:
        down, across = (_averages(*side) for side in sides)
        return down, across
    matrices = []
    for old, new in sides:
        indices, weights = _taps(old, new, "AREA")
        matrix = np.zeros((new, old))
        np.add.at(matrix, (np.arange(new)[:, None], indices), weights)
        matrices.append(matrix)
    return matrices[0], matrices[1]


def _scale(old: int, new: int) -> float:
    """Old pixels per new one, with OpenCV's rounding."""
    return 1 / (new / old)


def _nearest(old: int, new: int) -> _Indices:
    indices: _Indices = np.floor(np.arange(new) * _scale(old, new)).astype(np.int64)
    return np.minimum(indices, old - 1)


def _averages(old: int, new: int) -> _Weights:
    """The share of each old pixel in each new one, new x old."""
    edges = np.arange(new + 1) * (old / new)
    covered = np.minimum(edges[1:, None], np.arange(1, old + 1)) - np.maximum(
        edges[:-1, None], np.arange(old)
    )
    shares: _Weights = covered.clip(0) * (new / old)
    return shares


def _taps(old: int, new: int, kind: Kind) -> tuple[_Indices, _Weights]:
    """For each new pixel along an axis: its old neighbours, and their weights."""
    scale = _scale(old, new)
    if kind == "AREA":  # OpenCV's substitute where a side becomes larger
        first = np.floor(np.arange(new) * scale).astype(np.int64)
        part = (np.arange(new) + 1) - (first + 1) / scale
        part = np.where(part <= 0, 0, part - np.floor(part))
    else:
        centre = (np.arange(new) + 0.5) * scale - 0.5
        first = np.floor(centre).astype(np.int64)
        part = centre - first
    if kind == "CUBIC":
        weights, start = _cubic(part), -1
    elif kind == "LANCZOS4":
        weights, start = _lanczos(part), -3
    else:
        weights, start = np.stack((1 - part, part), 1), 0
    indices = first[:, None] + np.arange(start, start + weights.shape[1])
    return indices.clip(0, old - 1), weights


def _cubic(part: _Weights) -> _Weights:
    sharpness = -0.75
    far, near, next_ = part + 1, part, 1 - part
    first = ((sharpness * far - 5 * sharpness) * far + 8 * sharpness) * far - 4 * sharpness
    second = ((sharpness + 2) * near - (sharpness + 3)) * near * near + 1
    third = ((sharpness + 2) * next_ - (sharpness + 3)) * next_ * next_ + 1
    return np.stack((first, second, third, 1 - first - second - third), 1)


def _lanczos(part: _Weights) -> _Weights:
    offsets = part[:, None] + 3 - np.arange(8)
    safe = np.where(np.abs(offsets) < 1e-7, 1, offsets)
    weights = np.sin(pi * safe) * np.sin(pi * safe / 4) / (safe * safe)
    exact = part < 1e-7
    weights[exact] = np.arange(8) == 3
    normalised: _Weights = weights / weights.sum(1, keepdims=True)
    return normalised
