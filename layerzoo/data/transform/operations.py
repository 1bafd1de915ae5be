"""The operations of RandAugment and TrivialAugment, by strength."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import atan, degrees
from typing import Final, NamedTuple

import numpy as np

from layerzoo.data.color_matrix import color_matrix, mean_gray, recolor
from layerzoo.data.filters import equalize, sharpen, solarize, stretch
from layerzoo.data.samples import Image
from layerzoo.data.warping import Matrix, about_centre, affine

STRENGTHS: Final = 30
"""The largest strength in configs; the least is 0."""


class Operation(NamedTuple):
    """An operation on an image of bytes.

    Attributes:
        name: its name in the papers.
        change: computes the new image from the image and a strength from -1 to 1; None for a map.
        map: computes the map from the result to the image, from height, width and strength; None if the
            operation moves nothing.
    """

    name: str
    change: Callable[[Image, float], Image] | None = None
    map: Callable[[int, int, float], Matrix] | None = None


def apply(
    image: Image, operations: Sequence[tuple[Operation, float]], warp: Callable[[Image, Matrix], Image]
) -> Image:
    """Apply operations in order; consecutive maps are one resampling.

    Args:
        image: of bytes.
        operations: each with its strength, -1 to 1.
        warp: resamples an image by a map.
    """
    pending: Matrix | None = None
    for operation, strength in operations:
        if operation.map is not None:
            matrix = operation.map(image.shape[1], image.shape[2], strength)
            pending = matrix if pending is None else pending @ matrix
        elif operation.change is not None:
            if pending is not None:
                image, pending = warp(image, pending), None
            image = operation.change(image, strength)
    return image if pending is None else warp(image, pending)


def _recolored(image: Image, **factors: float) -> Image:
    return recolor(image, *color_matrix(len(image), mean_gray(image), **factors))


def _maps(shear: float, moved: Callable[[int, float], float], turn: float) -> list[Operation]:
    def centred(height: int, width: int, matrix: Matrix) -> Matrix:
        return about_centre(matrix, height, width)

    def angle(strength: float) -> float:
        return degrees(atan(shear * strength))

    return [
        Operation("ShearX", map=lambda h, w, s: centred(h, w, affine(shear=(angle(s), 0)))),
        Operation("ShearY", map=lambda h, w, s: centred(h, w, affine(shear=(0, angle(s))))),
        Operation("TranslateX", map=lambda h, w, s: centred(h, w, affine(translation=(moved(w, s), 0)))),
        Operation("TranslateY", map=lambda h, w, s: centred(h, w, affine(translation=(0, moved(h, s))))),
        Operation("Rotate", map=lambda h, w, s: centred(h, w, affine(rotation=turn * s))),
    ]


def _changes(most: float, bits: int) -> list[Operation]:
    def posterized(image: Image, strength: float) -> Image:
        lost = round(abs(strength) * bits)
        kept: Image = image & np.uint8(256 - (1 << lost))
        return kept

    return [
        Operation("Brightness", lambda image, s: _recolored(image, brightness=1 + most * s)),
        Operation("Color", lambda image, s: _recolored(image, saturation=1 + most * s)),
        Operation("Contrast", lambda image, s: _recolored(image, contrast=1 + most * s)),
        Operation("Sharpness", lambda image, s: sharpen(image, 1 + most * s)),
        Operation("Posterize", posterized),
        Operation("Solarize", lambda image, s: solarize(image, round(255 * (1 - abs(s))))),
        Operation("AutoContrast", lambda image, _: stretch(image)),
        Operation("Equalize", lambda image, _: np.concatenate([equalize(plane[None]) for plane in image])),
    ]


OPERATIONS: Final = (
    Operation("Identity"),
    *_maps(0.3, lambda side, strength: 150 / 331 * side * strength, 30),
    *_changes(0.9, 4),
)
"""The operations of RandAugment, with torchvision's ranges."""
WIDE_OPERATIONS: Final = (
    Operation("Identity"),
    *_maps(0.99, lambda _, strength: 32 * strength, 135),
    *_changes(0.99, 6),
)
"""The operations of TrivialAugment in its wide space, with torchvision's ranges."""
