"""The task ``multi_label``: which shapes an image shows."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from layerzoo.data.drawn_shapes import NAMES, draw
from layerzoo.data.drawn_task import DrawnTask, Sample, Setting, Top, drawn_task


@drawn_task
class MultiLabel(DrawnTask):
    """Say which of four shapes an image shows: some of them, and each as often as it likes.

    Images are those of the data set ``shapes``: one to ``max_shapes`` shapes of any colour, size and
    orientation that don't overlap, on a textured background.
    """

    tops: ClassVar = (
        Top("image", "3, size, size", "blue, green and red, from 0 to 1"),
        Top("labels", "4", f"1 if the image has the shape, else 0: {', '.join(NAMES)}"),
    )
    fields: ClassVar = {"size": Setting(32, 16, 512), "max_shapes": Setting(3, 1, 10)}
    classes: ClassVar = NAMES

    def shapes(self) -> list[tuple[int, ...]]:
        return [(3, self.integer("size"), self.integer("size")), (len(NAMES),)]

    def draw(self, rng: np.random.Generator) -> Sample:
        seed = int(rng.integers(1 << 62))
        drawn = draw((seed,), self.integer("size"), self.integer("max_shapes"))
        present = np.isin(np.arange(1, len(NAMES) + 1), drawn.boxes[:, 0].astype(int))
        return drawn.image.astype(np.float32) / np.float32(255), present
