"""The task of words that are near each other."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from layerzoo.data.drawn.grammar import LEXICON, RULES, WORDS
from tests.data.drawn.drawing import drawn

KINDS = list(LEXICON)


def test_words_are_different_and_of_their_classes() -> None:
    word, _, _, label = drawn("grammar", count=2000)
    assert len(set(WORDS)) == len(WORDS) == 48
    for number, kind in zip(word.astype(int), label.astype(int), strict=True):
        assert WORDS[number] in LEXICON[KINDS[kind]]
    assert set(word) == set(range(48))


def test_words_near_each_other_are_those_of_a_rule() -> None:
    word, context, near, label = drawn("grammar", "window: 1", count=3000)
    assert context.shape == near.shape == (3000, 1)
    assert (near == 1).all()
    beside = {pair for rule in RULES for pair in pairwise(rule)}
    beside |= {pair[::-1] for pair in beside}
    seen = {(KINDS[int(a)], KINDS[int(b) // 6]) for a, b in zip(label, context[:, 0], strict=True)}
    assert seen == beside
    assert not (word == context[:, 0]).any()


def test_wider_window_reaches_further() -> None:
    seen = {}
    for window in (2, 3):
        _, context, _, label = drawn("grammar", f"window: {window}", count=3000)
        near = zip(label.astype(int), context[:, 0].astype(int) // 6, strict=True)
        seen[window] = {(KINDS[a], KINDS[b]) for a, b in near}
    ends = {(rule[0], rule[3]) for rule in RULES if len(rule) == 4}
    assert seen[3] - seen[2] == ends | {pair[::-1] for pair in ends}


def test_words_of_a_class_have_the_same_contexts() -> None:
    word, context, _, _ = drawn("grammar", count=20_000)
    counts = np.zeros((48, 8))
    np.add.at(counts, (word.astype(int), context[:, 0].astype(int) // 6), 1)
    shares = counts / counts.sum(1, keepdims=True)
    of_class = shares.reshape(8, 6, 8)
    assert np.ptp(of_class, axis=1).max() < 0.2
    means = of_class.mean(1)
    apart = abs(means[:, None] - means[None]).sum(2) + np.eye(8) * 9
    assert apart.min() > 0.4


def test_negatives_are_any_words_but_the_near_one() -> None:
    _, context, near, _ = drawn("grammar", "negatives: 5", count=4000)
    assert near.tolist() == [[1, 0, 0, 0, 0, 0]] * 4000
    assert not (context[:, 1:] == context[:, :1]).any()
    counts = np.bincount(context[:, 1:].astype(int).ravel(), minlength=48)
    assert (abs(counts / counts.sum() * 48 - 1) < 0.25).all()
