"""The task ``reviews``: what somebody thinks of a place, in words."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np

from layerzoo.data.drawn_task import DrawnTask, Sample, Top, drawn_task

GOOD: Final = ("good", "fresh", "friendly", "quick", "clean", "pleasant", "tasty", "lovely")
BAD: Final = ("bad", "stale", "rude", "slow", "dirty", "loud", "bland", "awful")
THINGS: Final = ("food", "service", "soup", "waiter", "room", "music", "bread", "coffee")
NEGATIONS: Final = ("not", "never", "hardly")
DEGREES: Final = ("very", "really", "so", "that")
OPENINGS: Final = (("we", "thought"), ("i", "felt"), ("they", "said"))
ENDINGS: Final = (("today",), ("last", "week"), ("in", "may"))
PADDING: Final = "-"
WORDS: Final = tuple(
    dict.fromkeys(
        [PADDING, "the", "was", "and", *GOOD, *BAD, *THINGS, *NEGATIONS, *DEGREES]
        + [word for phrase in (*OPENINGS, *ENDINGS) for word in phrase]
    )
)
_NUMBERS: Final = {word: number for number, word in enumerate(WORDS)}
LONGEST: Final = 16
"""Words of the longest: we thought the food was not very bad and the room was really good last week."""


@drawn_task
class Reviews(DrawnTask):
    """Say whether a review praises or complains, where the words alone don't tell it: their order does.

    A review says the same of two things, in one clause each: "the soup was fresh and the waiter was not very
    slow". One of the clauses, either of them, is negated, so that each review has one good word, one bad one
    and one negation: praise has the negation before the bad word, a complaint before the good one. Half
    of the clauses have a degree before their adjective (very), half of the reviews an opening, and half an
    ending. All words of a kind are as likely. Word 0 fills up short reviews.
    """

    tops: ClassVar = (
        Top("words", str(LONGEST), "numbers of words, then 0", steps=True),
        Top("label", "", "the class"),
        Top("steps", "", "words of the review"),
    )
    label = 1
    classes: ClassVar = ("complaint", "praise")
    words: ClassVar = WORDS

    def shapes(self) -> list[tuple[int, ...]]:
        return [(LONGEST,), (), ()]

    def draw(self, rng: np.random.Generator) -> Sample:
        praise, negated = int(rng.integers(2)), int(rng.integers(2))
        first, second = rng.permutation(len(THINGS))[:2]
        said = [*_phrase(rng, OPENINGS)]
        for clause, thing in enumerate((first, second)):
            denied = clause == negated
            said += [*(["and"] if clause else []), "the", THINGS[thing], "was"]
            said += [_any(rng, NEGATIONS)] if denied else []
            said += [_any(rng, DEGREES)] if rng.integers(2) else []
            said += [_any(rng, GOOD if praise != denied else BAD)]
        said += _phrase(rng, ENDINGS)
        words = np.zeros(LONGEST)
        words[: len(said)] = [_NUMBERS[word] for word in said]
        return words, praise, len(said)


def _any(rng: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[int(rng.integers(len(words)))]


def _phrase(rng: np.random.Generator, phrases: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """One of some phrases, or, as often as not, none."""
    chosen = int(rng.integers(2 * len(phrases)))
    return phrases[chosen] if chosen < len(phrases) else ()
