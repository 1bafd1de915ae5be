"""The task ``parity``: whether the ones so far are odd in number."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from layerzoo.data.drawn_task import DrawnTask, Sample, Setting, Top, drawn_task


@drawn_task
class Parity(DrawnTask):
    """Say at each step of a sequence of bits whether the ones so far are odd in number.

    Bits are 0 or 1, each as likely and independent, so a net that forgets one bit guesses from there on.
    """

    tops: ClassVar = (
        Top("bits", "length, 1", "the bit of each step, 0 or 1", steps=True),
        Top("parity", "length", "1 after an odd number of ones, 0 after an even one", steps=True),
    )
    fields: ClassVar = {"length": Setting(20, 1, 100_000)}

    def shapes(self) -> list[tuple[int, ...]]:
        return [(self.integer("length"), 1), (self.integer("length"),)]

    def draw(self, rng: np.random.Generator) -> Sample:
        bits = rng.integers(0, 2, self.integer("length"))
        return bits[:, None], np.cumsum(bits) % 2
