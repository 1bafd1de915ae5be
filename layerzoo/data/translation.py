"""How a net that answers a sequence of tokens with another one reads texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from layerzoo.data.samples import Array
from layerzoo.data.token_pairs import token_pair


class Translation(NamedTuple):
    """How a net that answers a sequence of tokens with another one reads texts.

    Attributes:
        encode: the tokens of a text, from 1; raises `DataError` where it has none, or too many.
        decode: the text of tokens.
        sizes: the most tokens of a source and of an answer.
        time_first: whether the axis of tokens comes before that of samples.
        tops: names of the layer's tops: source, what the decoder reads, what it is to predict, and the
            number of tokens of the source; the last ones may be missing.
    """

    encode: Callable[[str], Sequence[int]]
    decode: Callable[[Sequence[int]], str]
    sizes: tuple[int, int]
    time_first: bool
    tops: Sequence[str]

    @property
    def given(self) -> str:
        """The name of the top that the decoder reads; empty if there is none."""
        return self.tops[1] if len(self.tops) > 1 else ""

    def blobs(self, source: Sequence[int], answer: Sequence[int]) -> dict[str, Array]:
        """A source, and an answer as the decoder reads it, as the layer's tops of one sample."""
        axis = 1 if self.time_first else 0
        arrays = [np.asarray(part, np.float32) for part in token_pair(source, answer, self.sizes)]
        batch = [np.expand_dims(array, axis if array.ndim else 0) for array in arrays]
        return dict(zip(self.tops, batch, strict=False))
