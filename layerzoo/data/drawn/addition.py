"""The task ``addition``: sums of numbers written in digits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from layerzoo.data.drawn_pair import DrawnPair
from layerzoo.data.drawn_task import Sample, Setting, Top, drawn_task
from layerzoo.data.token_pairs import token_pair
from layerzoo.errors import DataError

_FIRST, _PLUS = 1, 11
"""The tokens of the digit 0 and of the plus sign."""


@drawn_task
class Addition(DrawnPair):
    """Add two numbers that are written in digits, such as 47+6, as an encoder and a decoder do.

    Each number has from ``min_length`` to ``length`` digits, each count as likely, the most significant one
    first. The digit d is token d + 1, the plus sign 11; 0 fills up the source and begins and ends the answer.
    Zaremba and Sutskever 2014.
    """

    tops: ClassVar = (
        Top("source", "2 length + 1", "both numbers with the plus sign between them, then 0", steps=True),
        Top("given", "length + 2", "what the decoder reads: 0, the sum, then 0", steps=True),
        Top("target", "length + 2", "what it predicts: the sum, 0, then -1 (ignore_label)", steps=True),
        Top("steps", "", "tokens of the source that aren't filled up"),
    )
    fields: ClassVar = {"length": Setting(3, 1, 18), "min_length": Setting(1, 1, 18)}
    words: ClassVar = ("(mark)", *"0123456789", "+")

    def sizes(self) -> tuple[int, int]:
        length = self.integer("length")
        return 2 * length + 1, length + 1

    def encode(self, text: str) -> list[int]:
        length = self.integer("length")
        found = re.fullmatch(r"\s*([0-9]+)\s*\+\s*([0-9]+)\s*", text)
        if found is None or max(map(len, found.groups())) > length:
            expected = f"two numbers of 1 to {length} digits, such as '7+{10 ** (length - 1)}'"
            raise DataError(f"'{text:.60}': expected {expected}")
        return [*map(_token, found[1]), _PLUS, *map(_token, found[2])]

    def decode(self, tokens: Sequence[int]) -> str:
        return "".join(self.words[token] for token in tokens)

    def draw(self, rng: np.random.Generator) -> Sample:
        first, second = (self._number(rng) for _ in range(2))
        source = [*_tokens(first), _PLUS, *_tokens(second)]
        return token_pair(source, _tokens(first + second), self.sizes())

    def _number(self, rng: np.random.Generator) -> int:
        digits = self.drawn_length(rng)
        return int(rng.integers(10 ** (digits - 1) if digits > 1 else 0, 10**digits))


def _tokens(number: int) -> list[int]:
    return [_token(digit) for digit in str(number)]


def _token(digit: str) -> int:
    return int(digit) + _FIRST
