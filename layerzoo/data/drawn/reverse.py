"""The task ``reverse``: a string of symbols from its end."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from layerzoo.data.drawn_task import DrawnTask, Sample, Setting, Top, drawn_task
from layerzoo.data.token_pairs import token_pair


@drawn_task
class Reverse(DrawnTask):
    """Give a string of random symbols from its end to its start, as an encoder and a decoder do.

    A string has from ``min_length`` to ``length`` symbols. The tokens are 1 to ``symbols``; 0 fills up the
    source and begins and ends the answer, so nets have ``symbols`` + 1 tokens.
    """

    tops: ClassVar = (
        Top("source", "length", "the string, then 0", steps=True),
        Top("given", "length + 1", "what the decoder reads: 0, the answer, then 0", steps=True),
        Top("target", "length + 1", "what it predicts: the answer, 0, then -1 (ignore_label)", steps=True),
        Top("steps", "", "symbols of the string"),
    )
    fields: ClassVar = {
        "length": Setting(10, 1, 10_000),
        "min_length": Setting(1, 1, 10_000),
        "symbols": Setting(10, 1, 1_000_000),
    }

    def shapes(self) -> list[tuple[int, ...]]:
        length = self.integer("length")
        return [(length,), (length + 1,), (length + 1,), ()]

    def draw(self, rng: np.random.Generator) -> Sample:
        length = self.integer("length")
        string = rng.integers(1, self.integer("symbols") + 1, self.drawn_length(rng)).tolist()
        return token_pair(string, string[::-1], (length, length))
