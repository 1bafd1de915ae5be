"""The data set ``shapes``: drawn shapes on textured backgrounds, with boxes and masks."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

import numpy as np

from layerzoo.data.annotated_set import AnnotatedSet, Objects
from layerzoo.data.dataset import dataset
from layerzoo.data.drawn_shapes import NAMES, Drawn, draw
from layerzoo.data.samples import Floats

COUNTS = {"train": 1600, "test": 400}


@dataset
class Shapes(AnnotatedSet):
    """2,000 pictures of 96 x 96 pixels with one to four shapes each: 1,600 to train, 400 to test.

    The shapes are disc, square, triangle and ring, in any colour, size and orientation, and don't overlap. A
    picture is a function of its split and number, so nothing is stored. The class of a picture is that of its
    largest shape.
    """

    channels = 3
    native_size = 96
    size = 96
    classes = 4
    names: ClassVar[tuple[str, ...]] = NAMES
    max_objects = 4
    credit = "drawn by Layerzoo"

    def load(self, split: str) -> tuple[Floats, Floats]:
        """Draw the pictures of a split, see `NamedSet.load`; a label is the class of the largest shape."""
        drawn = _drawn(split)
        largest = [max(one.boxes, key=lambda row: (row[3] - row[1]) * (row[4] - row[2])) for one in drawn]
        return _images(drawn), np.array([row[0] - 1 for row in largest], np.float32)

    def load_objects(self, split: str) -> tuple[Floats, Objects]:
        """Draw the pictures of a split, with the boxes of their shapes, see `AnnotatedSet.load_objects`."""
        drawn = _drawn(split)
        return _images(drawn), [one.boxes for one in drawn]

    def load_masks(self, split: str) -> tuple[Floats, Floats]:
        """Draw the pictures of a split, with the class of each pixel, see `AnnotatedSet.load_masks`."""
        drawn = _drawn(split)
        return _images(drawn), np.stack([one.mask for one in drawn]).astype(np.float32)


@cache
def _drawn(split: str) -> list[Drawn]:
    part = list(COUNTS).index(split)
    return [draw((part, number), Shapes.native_size, Shapes.max_objects) for number in range(COUNTS[split])]


def _images(drawn: list[Drawn]) -> Floats:
    return np.stack([one.image for one in drawn]).astype(np.float32) / np.float32(255)
