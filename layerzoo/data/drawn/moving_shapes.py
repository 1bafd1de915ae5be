"""The task ``moving_shapes``: short clips of shapes that move."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from layerzoo.data.drawn_shapes import SHAPES
from layerzoo.data.drawn_task import DrawnTask, Sample, Setting, Top, drawn_task


@drawn_task
class MovingShapes(DrawnTask):
    """Say in which of eight directions a shape moves in a clip of grey images.

    The shape is a disc, a square, a triangle or a ring, of any orientation. It starts anywhere and comes back
    at the opposite edge where it leaves, so that one frame says nothing of the direction. It moves by 5 % to
    10 % of the side a frame. The background is 0, the shape from 0.5 to 1; normal noise of standard deviation
    ``noise`` is added.
    """

    tops: ClassVar = (
        Top("clip", "1, frames, size, size", "the frames; y counts downwards"),
        Top("label", "", "the direction"),
        Top("shape", "", "0: disc, 1: square, 2: triangle, 3: ring"),
    )
    fields: ClassVar = {
        "frames": Setting(8, 2, 1_000),
        "size": Setting(16, 8, 512),
        "noise": Setting(0.05, 0, 100),
    }
    label = 1
    classes: ClassVar = (
        "right",
        "right and down",
        "down",
        "left and down",
        "left",
        "left and up",
        "up",
        "right and up",
    )

    def shapes(self) -> list[tuple[int, ...]]:
        size = self.integer("size")
        return [(1, self.integer("frames"), size, size), (), ()]

    def draw(self, rng: np.random.Generator) -> Sample:
        size = self.integer("size")
        label, shape = int(rng.integers(len(self.classes))), int(rng.integers(len(SHAPES)))
        radius, angle = size * rng.uniform(0.15, 0.25), rng.uniform(0, 2 * np.pi)
        turn, speed = 2 * np.pi * label / len(self.classes), size * rng.uniform(0.05, 0.1)
        start, grey = rng.uniform(0, size, 2), rng.uniform(0.5, 1)
        middle = size // 2 + 0.5
        distance, _ = SHAPES[shape](size, middle, middle, float(radius), float(angle))
        moves = np.arange(self.integer("frames"))[:, None] * speed * [np.cos(turn), np.sin(turn)]
        clip = grey * _moved(np.clip(0.5 - distance, 0, 1), start + moves)[None]
        return clip + rng.normal(0, self.settings["noise"], clip.shape), label, shape


def _moved(image: NDArray[np.float64], moves: NDArray[np.float64]) -> NDArray[np.float64]:
    """An image moved by each of some distances (right, down) in pixels, bilinearly; its edges are joined."""
    side = len(image)
    whole = np.floor(moves).astype(int)
    right, down = (moves - whole).T[:, :, None, None]
    columns, rows = ((np.arange(side) - move[:, None]) % side for move in whole.T)

    def shifted(x: int, y: int) -> NDArray[np.float64]:
        taken: NDArray[np.float64] = image[(rows[:, :, None] - y) % side, (columns[:, None, :] - x) % side]
        return taken

    left = (1 - down) * shifted(0, 0) + down * shifted(0, 1)
    return np.asarray((1 - right) * left + right * ((1 - down) * shifted(1, 0) + down * shifted(1, 1)))
