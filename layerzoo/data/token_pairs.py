"""A sequence of tokens and the one that is its answer, as an encoder and a decoder read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from layerzoo.data.samples import Floats

MARK: Final = 0
"""The token that fills up a source, begins what a decoder reads and ends what it predicts."""
IGNORED: Final = -1
"""What fills up tokens to predict: losses leave it out by ``ignore_label``."""


def token_pair(
    source: Sequence[int], answer: Sequence[int], sizes: tuple[int, int]
) -> tuple[Floats, Floats, Floats, int]:
    """The source, what the decoder reads, what it is to predict, and the number of tokens of the source.

    Args:
        source: tokens of the source, from 1.
        answer: tokens of the answer, from 1.
        sizes: tokens that the source and the answer are filled up to; the decoder has one more, for the mark.
    """
    encoded = np.full(sizes[0], MARK, np.float32)
    encoded[: len(source)] = source
    given = np.full(sizes[1] + 1, MARK, np.float32)
    given[1 : len(answer) + 1] = answer
    target = np.full(sizes[1] + 1, IGNORED, np.float32)
    target[: len(answer)] = answer
    target[len(answer)] = MARK
    return encoded, given, target, len(source)
