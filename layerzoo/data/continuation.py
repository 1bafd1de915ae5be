"""How a net that predicts the next token reads the text that it continues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from layerzoo.data.samples import Array
from layerzoo.data.vocabulary import PAD, SPECIAL, Vocabulary
from layerzoo.errors import DataError


class Continuation(NamedTuple):
    """How a net reads the text that it continues.

    Attributes:
        vocabulary: its vocabulary.
        length: tokens of a window.
        time_first: whether the axis of tokens comes before that of samples.
        tops: names of the layer's tops: tokens, next tokens, and marks of continuation; of lines, the numbers
            of tokens in the place of marks.
        lines: whether it was trained with lines, each of which begins and ends with `PAD`.
    """

    vocabulary: Vocabulary
    length: int
    time_first: bool
    tops: Sequence[str]
    lines: bool = False

    def window(self, tokens: Sequence[int]) -> tuple[dict[str, Array], int]:
        """The last tokens as the layer's tops, one sample, and the place of the last one in them."""
        last = tokens[-self.length :]
        window = np.full(self.length, PAD, np.float32)
        window[: len(last)] = last
        following = np.zeros(self.length, np.float32)
        axis = 1 if self.time_first else 0
        blobs = [np.expand_dims(window, axis), np.expand_dims(following, axis)]
        if self.lines:
            blobs.append(np.array([len(last)], np.float32))
        else:
            marks = np.ones(self.length, np.float32)
            marks[0] = 0
            blobs.append(np.expand_dims(marks, axis))
        return dict(zip(self.tops, blobs, strict=False)), len(last) - 1

    def steps(self, texts: Sequence[Sequence[int]], first: bool) -> dict[str, Array]:
        """New tokens of several texts, equally many of each, as the layer's tops without padding.

        Args:
            texts: the tokens.
            first: whether the texts begin with them.
        """
        tokens = np.array(texts, np.float32)
        marks = np.ones_like(tokens)
        if first:
            marks[:, 0] = 0
        lengths = np.full(len(texts), tokens.shape[1], np.float32)
        blobs = (tokens, np.zeros_like(tokens), marks)
        turned = [blob.T if self.time_first else blob for blob in blobs]
        return dict(zip(self.tops, (*turned[:2], lengths) if self.lines else turned, strict=False))

    def start(self, text: str) -> list[int]:
        """The tokens of the beginning of a text, without those that the vocabulary doesn't have.

        Of lines, `PAD` comes first, so that the text may be empty.

        Raises:
            DataError: it has none.
        """
        tokens = [int(number) for number in self.vocabulary.encode(text) if number >= len(SPECIAL)]
        if self.lines:
            return [PAD, *tokens]
        if not tokens:
            raise DataError(f"'{text:.60}': no token of it is in the vocabulary; begin with another text")
        return tokens
