"""The probabilities of the next tokens of texts, by passes of a net over windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from layerzoo.data.continuation import Continuation
from layerzoo.data.samples import Floats
from layerzoo.data.vocabulary import PAD, SPECIAL, UNKNOWN
from layerzoo.errors import ZooError
from layerzoo.zoo import ZooNet
from layerzoo.zoo.new_data import as_tensors, wanted_inputs

NextTokens = Callable[[Sequence[Sequence[int]]], Floats]
"""Gives the probability of each token after each of several texts: texts x tokens."""


class WindowedPasses:
    """Runs a net over the last tokens of each text.

    Args:
        net: the net.
        how: how it reads texts.
    """

    def __init__(self, net: ZooNet, how: Continuation) -> None:
        self._net, self._how = net, how
        self._inputs = wanted_inputs(net)
        self._output = net.prediction

    def __call__(self, texts: Sequence[Sequence[int]]) -> Floats:
        """The probability of each token after each text: texts x tokens.

        Raises:
            ZooError: the net has another number of outputs than tokens.
        """
        windows, places = zip(*map(self._how.window, texts), strict=True)
        axis = 1 if self._how.time_first else 0
        batch = {
            name: np.concatenate([window[name] for window in windows], axis if blob.ndim > 1 else 0)
            for name, blob in windows[0].items()
        }
        values = self._net.output(as_tensors(self._net, batch, self._inputs), self._output)
        rows = values if not self._how.time_first else values.transpose(0, 1)
        found = np.stack([rows[row, place].flatten().numpy() for row, place in enumerate(places)])
        return of_known_tokens(found, self._how, self._net.name)


def of_known_tokens(probabilities: Floats, how: Continuation, name: str) -> Floats:
    """Probabilities without those of unknown tokens and of padding, which is the end of lines.

    They are all alike where nothing else is likely.

    Raises:
        ZooError: there are others than those of the vocabulary's tokens.
    """
    tokens = len(how.vocabulary.tokens)
    if probabilities.shape[1] != tokens:
        raise ZooError(f"{name}: {probabilities.shape[1]:,} outputs for each token; expected {tokens:,}")
    known = probabilities.astype(np.float32)
    known[:, UNKNOWN if how.lines else PAD : len(SPECIAL)] = 0
    known[~known.any(1), len(SPECIAL) :] = 1
    return known
