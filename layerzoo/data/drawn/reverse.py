"""The task ``reverse``: a string of symbols from its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from layerzoo.data.drawn_pair import DrawnPair
from layerzoo.data.drawn_task import Sample, Setting, Top, drawn_task
from layerzoo.data.token_pairs import token_pair
from layerzoo.errors import DataError


@drawn_task
class Reverse(DrawnPair):
    """Give a string of random symbols from its end to its start, as an encoder and a decoder do.

    A string has from ``min_length`` to ``length`` symbols. The tokens are 1 to ``symbols``; 0 fills up the
    source and begins and ends the answer, so nets have ``symbols`` + 1 tokens. `generate -text` takes
    numbers with spaces between them.
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

    def sizes(self) -> tuple[int, int]:
        return self.integer("length"), self.integer("length")

    def encode(self, text: str) -> list[int]:
        most, length, words = self.integer("symbols"), self.integer("length"), text.split()
        known = {str(symbol): symbol for symbol in range(1, most + 1)}
        if not 1 <= len(words) <= length or any(word not in known for word in words):
            expected = f"1 to {length} numbers from 1 to {most} with spaces between them"
            raise DataError(
                f"'{text:.60}': expected {expected}, such as '{' '.join(list(known)[:length][:3])}'"
            )
        return [known[word] for word in words]

    def decode(self, tokens: Sequence[int]) -> str:
        return " ".join(map(str, tokens))

    def draw(self, rng: np.random.Generator) -> Sample:
        string = rng.integers(1, self.integer("symbols") + 1, self.drawn_length(rng)).tolist()
        return token_pair(string, string[::-1], self.sizes())
