"""The probabilities of the next tokens of texts, by passes over the new tokens alone, or over windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

import numpy as np
import torch

from layerzoo.data.continuation import Continuation
from layerzoo.data.samples import Floats
from layerzoo.data.vocabulary import PAD, SPECIAL, UNKNOWN
from layerzoo.errors import LayerzooError, ZooError
from layerzoo.net.decoding import Decoder, decoding, deviation
from layerzoo.zoo import ZooNet
from layerzoo.zoo.new_data import as_tensors, wanted_inputs

NextTokens = Callable[[Sequence[Sequence[int]]], Floats]
"""Gives the probability of each token after each of several texts: texts x tokens."""


_CLOSE: Final = 1e-4
"""The difference of rounding between single steps and a whole pass, relative to the largest value."""
_TRIED: Final = 8
"""Tokens by which a net is tried."""


@contextmanager
def next_tokens(net: ZooNet, how: Continuation) -> Iterator[NextTokens]:
    """The next tokens of a net, by the cheapest passes that agree with those over whole texts.

    Inside the block the net is in use, and runs nothing else.

    Args:
        net: the net.
        how: how it reads texts.
    """
    if not _can_step(net, how):
        yield WindowedPasses(net, how)
        return
    with ExitStack() as opened:
        yield SteppedPasses(net, how, opened)


def _can_step(net: ZooNet, how: Continuation) -> bool:
    """Whether the steps of a net agree with its passes."""
    inputs = wanted_inputs(net)
    tried = [(UNKNOWN + number) % len(how.vocabulary.tokens) for number in range(min(_TRIED, how.length))]
    blobs = as_tensors(net, how.steps([tried], True), inputs)
    along = 0 if how.time_first else 1
    output = net.prediction
    axes = {name: along for name, blob in blobs.items() if blob.dim() > 1} | {output: along}
    try:
        return deviation(net.net, blobs, axes, output) < _CLOSE
    except LayerzooError:
        return False


class SteppedPasses:
    """Runs a net over the new tokens of each text; its layers keep what they need of those before.

    A text that grows past the length of windows goes on from its last half.

    Args:
        net: the net.
        how: how it reads texts.
        opened: closes what is opened here.
    """

    def __init__(self, net: ZooNet, how: Continuation, opened: ExitStack) -> None:
        self._net, self._how, self._opened = net, how, opened
        self._inputs, self._output = wanted_inputs(net), net.prediction
        self._decoder: Decoder | None = None
        self._seen: list[tuple[int, ...]] = []
        self._used = 0

    def __call__(self, texts: Sequence[Sequence[int]]) -> Floats:
        """The probability of each token after each text: texts x tokens; the texts are equally long.

        Raises:
            ZooError: the net has another number of outputs than tokens.
        """
        whole = [tuple(text) for text in texts]
        rows = [self._seen.index(text[:-1]) for text in whole if text[:-1] in self._seen]
        if self._decoder is None or len(rows) < len(whole) or self._used >= self._how.length:
            values = self._restarted(whole)
        else:
            if rows != list(range(len(self._seen))):
                self._decoder.select(torch.tensor(rows, device=self._net.net.device))
            values = self._step([text[-1:] for text in whole], False)
        self._seen = whole
        return of_known_tokens(values, self._how, self._net.name)

    def _restarted(self, texts: Sequence[Sequence[int]]) -> Floats:
        limit = self._how.length
        kept = limit if len(texts[0]) <= limit else max(1, limit // 2)
        self._opened.close()
        self._decoder, self._used = self._opened.enter_context(decoding(self._net.net)), 0
        return self._step([text[-kept:] for text in texts], True)

    def _step(self, tokens: Sequence[Sequence[int]], first: bool) -> Floats:
        assert self._decoder is not None
        blobs = as_tensors(self._net, self._how.steps(tokens, first), self._inputs)
        values = self._decoder.step(**blobs)[self._output]
        self._used += len(tokens[0])
        last = values[-1] if self._how.time_first else values[:, -1]
        found: Floats = last.flatten(1).float().cpu().numpy()
        return found


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
