"""The task ``copy``: repeat a sequence of bits from memory."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from layerzoo.data.drawn_task import DrawnTask, Sample, Setting, Top, drawn_task


@drawn_task
class Copy(DrawnTask):
    """Repeat a sequence of random rows of bits after a delimiter.

    A sequence has from ``min_length`` to ``length`` rows, then a step whose last number is 1, the delimiter,
    then as many steps of zeros, during which the rows are to be given again; zeros fill it up to
    2 length + 1 steps. ``weight`` is 1 where a row is to be given, for losses and scores that take weights.
    Graves, Wayne and Danihelka 2014.
    """

    tops: ClassVar = (
        Top("sequence", "2 length + 1, width + 1", "rows of bits, and the delimiter", steps=True),
        Top("target", "2 length + 1, width", "the rows, where they are to be given; else 0", steps=True),
        Top("weight", "2 length + 1, width", "1 where a row is to be given; else 0", steps=True),
    )
    fields: ClassVar = {
        "length": Setting(20, 1, 10_000),
        "min_length": Setting(1, 1, 10_000),
        "width": Setting(8, 1, 1_000),
    }

    def shapes(self) -> list[tuple[int, ...]]:
        steps, width = 2 * self.integer("length") + 1, self.integer("width")
        return [(steps, width + 1), (steps, width), (steps, width)]

    def draw(self, rng: np.random.Generator) -> Sample:
        sequence, target, weight = (np.zeros(shape, np.float32) for shape in self.shapes())
        length = self.drawn_length(rng)
        rows = rng.integers(0, 2, (length, self.integer("width")))
        sequence[:length, :-1] = rows
        sequence[length, -1] = 1
        target[length + 1 : 2 * length + 1] = rows
        weight[length + 1 : 2 * length + 1] = 1
        return sequence, target, weight
