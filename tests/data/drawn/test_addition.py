"""The task of adding numbers in digits."""

from __future__ import annotations

import numpy as np

from layerzoo.data.drawn.addition import Addition
from tests.data.drawn.drawing import drawn


def text(tokens: list[float]) -> str:
    return "".join(Addition.words[int(token)] for token in tokens)


def test_decoder_reads_and_predicts_the_sum() -> None:
    source, given, target, steps = drawn("addition", "length: 3", count=1000)
    assert [top.shape for top in (source, given, target, steps)] == [(1000, 7), (1000, 5), (1000, 5), (1000,)]
    digits = []
    for tokens, read, predicted, count in zip(source, given, target, steps.astype(int), strict=True):
        assert not tokens[count:].any()
        first, second = text(tokens[:count]).split("+")
        assert str(int(first)) == first
        assert str(int(second)) == second
        digits.append(len(first))
        answer = str(int(first) + int(second))
        assert text(read[1 : len(answer) + 1]) == answer == text(predicted[: len(answer)])
        assert read[0] == 0
        assert predicted[len(answer)] == 0
        assert not read[len(answer) + 1 :].any()
        assert (predicted[len(answer) + 1 :] == -1).all()
    assert (abs(np.bincount(digits)[1:] - 333) < 70).all()


def test_longest_numbers_are_added_exactly() -> None:
    source, _, target, _ = drawn("addition", "length: 18 min_length: 18", count=20)
    for tokens, predicted in zip(source, target, strict=True):
        first, second = text(tokens).rstrip("(mark)").split("+")
        assert text(predicted[predicted > 0]) == str(int(first) + int(second))
