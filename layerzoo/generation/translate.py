"""Answer texts by a net that has an encoder and a decoder."""

from __future__ import annotations

from typing import Final

import numpy as np

from layerzoo.data.token_pairs import MARK
from layerzoo.data.translation import Translation
from layerzoo.errors import ZooError
from layerzoo.zoo import ZooNet
from layerzoo.zoo.new_data import as_tensors, translation, wanted_inputs

_CLASSES: Final = -1
"""The axis of the scores of tokens."""


class Translator:
    """Answers texts by a net that predicts the tokens of an answer, each from those before.

    The likeliest token is taken at each place. A pass predicts all places from an answer so far, and the next
    one is given what it predicts, until both are the same: since a place depends on those before it alone,
    each pass gets at least one more of them right. A net that feeds its answer back itself needs two.

    Args:
        net: the net.

    Raises:
        ZooError: it doesn't answer texts.
    """

    def __init__(self, net: ZooNet) -> None:
        how = translation(net)
        if how is None:
            raise ZooError(f"{net.name} doesn't answer a text with another one")
        self._net, self._how = net, how
        self._inputs = wanted_inputs(net)

    def __call__(self, text: str, most: int | None = None) -> str:
        """The answer to a text.

        Args:
            text: the text.
            most: the most tokens of the answer; None for as many as the net was trained with.

        Raises:
            DataError: the net knows no such text.
            ZooError: the net has no scores for each token of the answer.
        """
        how: Translation = self._how
        source, answer = list(how.encode(text)), list[int]()
        for _ in range(how.sizes[1] + 2):
            said = self._said(source, answer)
            if said == answer:
                break
            answer = said
        return how.decode(answer[:most])

    def _said(self, source: list[int], answer: list[int]) -> list[int]:
        """The likeliest tokens after an answer so far, up to the mark that ends them."""
        blobs = self._how.blobs(source, answer)
        given = blobs.get(self._how.given)
        name = self._net.prediction
        scores = self._net.output(as_tensors(self._net, blobs, self._inputs), name).numpy()
        if given is None or scores.shape[:_CLASSES] != given.shape:
            raise ZooError(
                f"{self._net.name}: output '{name}' has shape {scores.shape}; expected the scores of "
                "the tokens along the last axis, for each place that the decoder reads"
            )
        tokens: list[int] = np.asarray(scores.argmax(_CLASSES)).flatten().tolist()[: self._how.sizes[1]]
        return tokens[: tokens.index(MARK)] if MARK in tokens else tokens
