"""The task of reversing strings."""

from __future__ import annotations

import numpy as np

from tests.data.drawn.drawing import drawn


def test_decoder_reads_and_predicts_the_reversed_string() -> None:
    source, given, target, steps = drawn("reverse", "length: 5 symbols: 3 min_length: 2")
    assert [top.shape for top in (source, given, target, steps)] == [(200, 5), (200, 6), (200, 6), (200,)]
    for tokens, read, predicted, count in zip(source, given, target, steps.astype(int), strict=True):
        string = tokens[:count].tolist()
        assert all(1 <= token <= 3 for token in string)
        assert tokens[count:].tolist() == [0] * (5 - count)
        backwards = [string[count - 1 - place] for place in range(count)]
        assert read.tolist() == [0, *backwards, *[0] * (5 - count)]
        assert predicted.tolist() == [*backwards, 0, *[-1] * (5 - count)]
    assert set(steps) == {2, 3, 4, 5}


def test_symbols_are_equally_frequent() -> None:
    source, *_ = drawn("reverse", count=2000)
    counts = np.bincount(source.astype(int).ravel())[1:]
    assert len(counts) == 10
    assert (abs(counts / counts.sum() - 0.1) < 0.01).all()
