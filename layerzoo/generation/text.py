"""Continue texts token by token: by chance, or by beam search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from layerzoo.data.continuation import Continuation
from layerzoo.data.new_samples import NewSource
from layerzoo.data.new_texts import text_of
from layerzoo.data.vocabulary import PAD, Vocabulary
from layerzoo.errors import ZooError
from layerzoo.generation.next_tokens import NextTokens, next_tokens
from layerzoo.generation.token_choice import TokenChoice
from layerzoo.seeds import stable_seed
from layerzoo.zoo import ZooNet
from layerzoo.zoo.new_data import continuation

_UNDECODED: Final = "\N{REPLACEMENT CHARACTER}"
"""What stands for a part of a character that a later token completes."""


class Beam(NamedTuple):
    """A candidate of a beam search.

    Attributes:
        tokens: the text's tokens, those of its beginning included.
        log_probability: the sum over the tokens that were added.
    """

    tokens: Sequence[int]
    log_probability: float


class TextGenerator:
    """Continues texts by a net that predicts the next token.

    Args:
        net: the net.
        following: opens what gives the probabilities of the next tokens; the net's if None.

    Raises:
        ZooError: the net doesn't predict the next token.
    """

    def __init__(
        self, net: ZooNet, following: Callable[[], AbstractContextManager[NextTokens]] | None = None
    ) -> None:
        how = continuation(net)
        if how is None:
            raise ZooError(f"{net.name} doesn't predict the next token, so it can't continue texts")
        self._how: Continuation = how
        self._following = following or partial(next_tokens, net, how)

    def pieces(
        self, text: str, count: int, choice: TokenChoice | None = None, seed: int = 0
    ) -> Iterator[str]:
        """What follows a text, piece by piece as it is drawn; joined they are the whole.

        The net is in use until the last piece is taken.

        Args:
            text: its beginning.
            count: number of tokens.
            choice: how tokens are chosen; by their probabilities if None.
            seed: the same one gives the same text.

        Raises:
            DataError: the text has no token of the vocabulary.
        """
        start = self._how.start(text)
        tokens = self._tokens(start, count, choice or TokenChoice(), seed)
        return _decoded(self._how.vocabulary, tokens, self._between(text))

    def beams(self, text: str, count: int, width: int) -> list[tuple[str, float]]:
        """The likeliest continuations that a beam search finds, best first, each with its log-probability.

        Args:
            text: its beginning.
            count: number of tokens.
            width: number of candidates that are kept at each step.

        Raises:
            DataError: the text has no token of the vocabulary.
        """
        start = self._how.start(text)
        with self._following() as following:
            found = beam_search(following, start, count, width)
        decode, between = self._how.vocabulary.decode, self._between(text)
        texts = [decode(beam.tokens[len(start) :]) for beam in found]
        pairs = zip(texts, found, strict=True)
        return [(between + more if more else "", beam.log_probability) for more, beam in pairs]

    def _between(self, text: str) -> str:
        """What stands between a text and the token after it: a space, if tokens are words."""
        words = self._how.vocabulary.units == "WORDS"
        return " " if words and text and not text[-1].isspace() else ""

    def _tokens(self, start: Sequence[int], count: int, choice: TokenChoice, seed: int) -> Iterator[int]:
        tokens = list(start)
        draws = np.random.default_rng(stable_seed(seed, "continuation")).random(count).tolist()
        with self._following() as following:
            for draw in draws:
                tokens.append(choice(following([tokens])[0], draw))
                if tokens[-1] == PAD:  # the end of a line
                    return
                yield tokens[-1]


def beam_search(following: NextTokens, start: Sequence[int], count: int, width: int) -> list[Beam]:
    """Keep the ``width`` likeliest texts at each step; best first. A text ends at `PAD`.

    Args:
        following: the probabilities of the next tokens.
        start: the text's beginning.
        count: number of tokens to add.
        width: number of texts.
    """
    beams, ended = [Beam(tuple(start), 0.0)], list[Beam]()
    for _ in range(count):
        probabilities = following([beam.tokens for beam in beams]).astype(np.float64)
        probabilities /= probabilities.sum(1, keepdims=True)
        with np.errstate(divide="ignore"):
            scores = np.log(probabilities) + np.array([[beam.log_probability] for beam in beams])
        best = np.argsort(-scores, axis=None, kind="stable")[:width]
        rows, tokens = np.unravel_index(best, scores.shape)
        found = [
            Beam((*beams[row].tokens, token), float(scores[row, token]))
            for row, token in zip(rows.tolist(), tokens.tolist(), strict=True)
            if np.isfinite(scores[row, token])
        ]
        ended += [beam for beam in found if beam.tokens[-1] == PAD]
        beams = [beam for beam in found if beam.tokens[-1] != PAD]
        better = sum(beam.log_probability >= beams[0].log_probability for beam in ended) if beams else width
        if better >= width:  # tokens only lower a probability
            break
    return sorted([*ended, *beams], key=lambda beam: -beam.log_probability)[:width]


def continued(
    net: ZooNet,
    source: NewSource,
    count: int = 200,
    choice: TokenChoice | None = None,
    seed: int = 0,
) -> tuple[str, str]:
    """A text, and what a net that predicts the next token lets follow it.

    Args:
        net: the net.
        source: the text.
        count: tokens to add.
        choice, seed: see `TextGenerator.pieces`.

    Raises:
        DataError: the text can't be read, or has no token that the net knows.
        ZooError: the net doesn't predict the next token.
    """
    generator = TextGenerator(net)
    text = text_of(source).rstrip("\r\n")
    return text, "".join(generator.pieces(text, count, choice, seed))


def _decoded(vocabulary: Vocabulary, tokens: Iterator[int], between: str) -> Iterator[str]:
    """The text of tokens as soon as it is certain: a character may consist of several tokens.

    Args:
        vocabulary: the tokens' vocabulary.
        tokens: their numbers.
        between: what stands before the first one.
    """
    taken: list[int] = []
    shown = ""
    for token in tokens:
        taken.append(token)
        text = vocabulary.decode(taken)
        if not text.endswith(_UNDECODED) and text.startswith(shown):
            yield between + text[len(shown) :]
            shown, between = text, ""
    rest = vocabulary.decode(taken)
    if len(rest) > len(shown):
        yield between + rest[len(shown) :]
