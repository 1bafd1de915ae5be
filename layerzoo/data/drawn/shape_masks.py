"""The task ``shape_masks``: which shape each pixel of an image belongs to."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from layerzoo.data.drawn_shapes import NAMES, draw
from layerzoo.data.drawn_task import DrawnTask, Sample, Setting, Top, drawn_task


@drawn_task
class ShapeMasks(DrawnTask):
    """Say for each pixel of an image which of four shapes it belongs to, or that it is background.

    Images are those of the data set ``shapes``: one to ``max_shapes`` shapes of any colour, size and
    orientation that don't overlap, on a textured background.
    """

    tops: ClassVar = (
        Top("image", "3, size, size", "blue, green and red, from 0 to 1"),
        Top("mask", "1, size, size", "the class of each pixel's shape; 0 is the background"),
    )
    fields: ClassVar = {"size": Setting(32, 16, 512), "max_shapes": Setting(3, 1, 10)}
    classes: ClassVar = ("background", *NAMES)

    def shapes(self) -> list[tuple[int, ...]]:
        size = self.integer("size")
        return [(3, size, size), (1, size, size)]

    def draw(self, rng: np.random.Generator) -> Sample:
        seed = int(rng.integers(1 << 62))
        drawn = draw((seed,), self.integer("size"), self.integer("max_shapes"))
        return drawn.image.astype(np.float32) / np.float32(255), drawn.mask[None]
