"""The task of reviews."""

from __future__ import annotations

import re

import numpy as np

from layerzoo.data.drawn.reviews import BAD, DEGREES, GOOD, LONGEST, NEGATIONS, THINGS, WORDS
from tests.data.drawn.drawing import drawn


def texts(count: int) -> tuple[list[str], list[bool]]:
    words, label, steps = drawn("reviews", count=count)
    assert words.shape == (count, LONGEST)
    assert not any(row[int(n) :].any() for row, n in zip(words, steps, strict=True))
    assert all(row[: int(n)].all() for row, n in zip(words, steps, strict=True))
    said = [" ".join(WORDS[int(word)] for word in row[: int(n)]) for row, n in zip(words, steps, strict=True)]
    return said, [bool(praise) for praise in label]


def test_reviews_are_sentences_whose_clauses_agree_with_the_label() -> None:
    any_of = "|".join
    clause = (
        rf"the ({any_of(THINGS)}) was( {any_of(NEGATIONS)})?( (?:{any_of(DEGREES)}))? ({any_of(GOOD + BAD)})"
    ).replace(f"( {any_of(NEGATIONS)})", f"( (?:{any_of(NEGATIONS)}))")
    pattern = re.compile(
        rf"((?:we thought|i felt|they said) )?{clause} and {clause}( today| last week| in may)?"
    )
    seen = set()
    for text, praise in zip(*texts(2000), strict=True):
        match = pattern.fullmatch(text)
        assert match is not None, text
        opening, thing, negation, degree, adjective, thing2, negation2, degree2, adjective2, ending = (
            match.groups()
        )
        assert thing != thing2
        assert (negation is None) != (negation2 is None)
        assert ((adjective in GOOD) != (negation is not None)) == praise
        assert ((adjective2 in GOOD) != (negation2 is not None)) == praise
        seen.add((opening is None, negation is None, degree is None, degree2 is None, ending is None, praise))
    assert len(seen) == 2**6


def test_numbers_of_words_tell_nothing_of_the_label() -> None:
    said, label = texts(6000)
    praise = np.array(label)
    assert abs(praise.mean() - 0.5) < 0.03
    counts = np.array([[text.split().count(word) for word in WORDS] for text in said])
    assert counts.sum(0)[1:].min() > 0
    assert (counts[:, [WORDS.index(word) for word in GOOD]].sum(1) == 1).all()
    assert (counts[:, [WORDS.index(word) for word in BAD]].sum(1) == 1).all()
    assert (counts[:, [WORDS.index(word) for word in NEGATIONS]].sum(1) == 1).all()
    difference = counts[praise].mean(0) - counts[~praise].mean(0)
    assert abs(difference).max() < 0.05


def test_longest_review_fills_the_words() -> None:
    *_, steps = drawn("reviews", count=3000)
    assert (steps.min(), steps.max()) == (10, LONGEST)
