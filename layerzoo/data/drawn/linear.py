"""The task ``linear``: a weighted sum with noise."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from layerzoo.data.drawn_task import DrawnTask, Sample, Setting, Top, drawn_task

BIAS = 0.5


@drawn_task
class Linear(DrawnTask):
    """Predict a weighted sum of numbers, whose weights are known: ``y = 0.5 + sum of cos(i) x_i``, i from 0.

    The numbers are standard normal and independent. Normal noise of standard deviation ``noise`` is added to
    y, so that no answer has a mean squared error below ``noise`` squared.
    """

    tops: ClassVar = (Top("x", "width", "the numbers"), Top("y", "1", "the sum, with noise"))
    fields: ClassVar = {"width": Setting(5, 1, 100_000), "noise": Setting(0.1, 0, 1e6)}

    def shapes(self) -> list[tuple[int, ...]]:
        return [(self.integer("width"),), (1,)]

    def draw(self, rng: np.random.Generator) -> Sample:
        x = rng.normal(size=self.integer("width"))
        y = BIAS + x @ np.cos(np.arange(len(x))) + rng.normal(0, self.settings["noise"])
        return x, [y]
