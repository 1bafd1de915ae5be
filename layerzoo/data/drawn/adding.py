"""The task ``adding``: the sum of two numbers in a long sequence."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from layerzoo.data.drawn_task import DrawnTask, Sample, Setting, Top, drawn_task


@drawn_task
class Adding(DrawnTask):
    """Add the two marked numbers of a sequence of random ones.

    The numbers are from 0 to 1. One of the first half and one of the second have the marker 1, the others 0.
    Who always answers 1 has a mean squared error of 1/6. Hochreiter and Schmidhuber 1997, in the form of Le,
    Jaitly and Hinton 2015.
    """

    tops: ClassVar = (
        Top("sequence", "length, 2", "a number and its marker at each step", steps=True),
        Top("target", "1", "the sum of the marked numbers"),
    )
    fields: ClassVar = {"length": Setting(50, 2, 100_000)}

    def shapes(self) -> list[tuple[int, ...]]:
        return [(self.integer("length"), 2), (1,)]

    def draw(self, rng: np.random.Generator) -> Sample:
        length = self.integer("length")
        sequence = np.zeros((length, 2), np.float32)
        sequence[:, 0] = rng.random(length, np.float32)
        marked = [int(rng.integers(length // 2)), int(rng.integers(length // 2, length))]
        sequence[marked, 1] = 1
        return sequence, sequence[marked, 0].sum(keepdims=True)
