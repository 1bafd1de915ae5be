"""Continue texts token by token, for nets that predict the next token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from layerzoo.data.samples import Array, Floats
from layerzoo.data.vocabulary import PAD, SPECIAL, Vocabulary
from layerzoo.errors import DataError
from layerzoo.seeds import stable_seed


class Continuation(NamedTuple):
    """How a net reads the text that it continues.

    Attributes:
        vocabulary: its vocabulary.
        length: tokens of a window.
        time_first: whether the axis of tokens comes before that of samples.
        tops: names of the layer's tops: tokens, next tokens, and marks of continuation.
    """

    vocabulary: Vocabulary
    length: int
    time_first: bool
    tops: Sequence[str]

    def window(self, tokens: Sequence[int]) -> tuple[dict[str, Array], int]:
        """The last tokens as the layer's tops, one sample, and the place of the last one in them."""
        last = tokens[-self.length :]
        window = np.full(self.length, PAD, np.float32)
        window[: len(last)] = last
        marks = np.ones(self.length, np.float32)
        marks[0] = 0
        blobs = (window, np.zeros(self.length, np.float32), marks)
        axis = 1 if self.time_first else 0
        named = zip(self.tops, blobs, strict=False)
        return {name: np.expand_dims(blob, axis) for name, blob in named}, len(last) - 1

    def continued(
        self,
        text: str,
        probabilities: Callable[[dict[str, Array], int], Floats],
        count: int,
        temperature: float = 1.0,
        seed: int = 0,
    ) -> str:
        """What follows a text.

        Args:
            text: its beginning.
            probabilities: the probability of each token after a place of a window.
            count: number of tokens.
            temperature: below 1 likely tokens become likelier, above 1 less likely; 0 takes the likeliest.
            seed: the same one gives the same text.

        Raises:
            DataError: the text has no token of the vocabulary.
        """
        start = [int(number) for number in self.vocabulary.encode(text) if number >= len(SPECIAL)]
        if not start:
            raise DataError(f"'{text:.60}': no token of it is in the vocabulary; begin with another text")
        tokens = list(start)
        draws = np.random.default_rng(stable_seed(seed, "continuation")).random(count)
        for draw in draws.tolist():
            found = np.array(probabilities(*self.window(tokens)), np.float32)
            found[: len(SPECIAL)] = 0
            if not found.any():
                found[len(SPECIAL) :] = 1
            tokens.append(_drawn(found, temperature, draw))
        return self.vocabulary.decode(tokens[len(start) :])


def _drawn(probabilities: Floats, temperature: float, draw: float) -> int:
    """A token, by a number from 0 to 1."""
    if temperature <= 0:
        return int(probabilities.argmax())
    with np.errstate(divide="ignore"):
        levels = np.log(probabilities.astype(np.float64)) / temperature
    weights = np.exp(levels - levels.max())
    ends = np.cumsum(weights)
    return min(int(np.searchsorted(ends, draw * ends[-1], "right")), len(weights) - 1)
