"""Changes of brightness, contrast, saturation and hue as one matrix on blue, green, red."""

from __future__ import annotations

from math import cos, pi, sin
from typing import Final

import numpy as np
from numpy.typing import NDArray

from layerzoo.data.colors import to_bytes
from layerzoo.data.samples import Image

_GRAY: Final = np.array([0.114, 0.587, 0.299])
"""Shares of blue, green and red in the brightness."""
_TO_YIQ: Final = np.array([[0.114, 0.587, 0.299], [-0.321, -0.274, 0.596], [0.311, -0.523, 0.211]])
_FROM_YIQ: Final = np.linalg.inv(_TO_YIQ)


def color_matrix(
    channels: int,
    mean_gray: float,
    brightness: float = 1.0,
    contrast: float = 1.0,
    saturation: float = 1.0,
    hue: float = 0.0,
) -> tuple[NDArray[np.float32], np.float32]:
    """A matrix and an offset that change the colours of an image: ``matrix @ pixel + offset``.

    The brightness changes first, then the contrast, then saturation and hue, which is turned in the plane of
    equal brightness (YIQ); nothing is limited to the range of bytes in between.

    Args:
        channels: of the image; with other than 3 only brightness and contrast change.
        mean_gray: mean brightness of the image.
        brightness: factor of all values.
        contrast: factor of the distance from the mean.
        saturation: factor of the distance from grey.
        hue: turn as a fraction of the circle.
    """
    matrix = np.eye(channels)
    if channels == 3 and (saturation != 1 or hue):
        turn = 2 * pi * hue
        turned = np.eye(3)
        turned[1:, 1:] = saturation * np.array([[cos(turn), -sin(turn)], [sin(turn), cos(turn)]])
        matrix = _FROM_YIQ @ turned @ _TO_YIQ
    offset = (1 - contrast) * brightness * mean_gray
    return (matrix * (brightness * contrast)).astype(np.float32), np.float32(offset)


def mean_gray(image: Image) -> float:
    """The mean brightness of an image of bytes: channels x height x width."""
    means = image.sum(1, dtype=np.int64).sum(1) / (image.shape[1] * image.shape[2])  # exact, and fast
    return float(means @ _GRAY) if len(means) == 3 else float(means.mean())


def recolor(image: Image, matrix: NDArray[np.float32], offset: np.float32) -> Image:
    """Change the colours of an image of bytes."""
    flat = image.reshape(len(image), -1).astype(np.float32)
    return to_bytes(matrix @ flat + offset).reshape(image.shape)
