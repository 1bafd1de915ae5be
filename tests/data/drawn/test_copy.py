"""The task of copying bits."""

from __future__ import annotations

import numpy as np

from tests.data.drawn.drawing import drawn


def test_rows_before_the_delimiter_are_asked_for_after_it() -> None:
    sequence, target, weight = drawn("copy", "length: 6 min_length: 2 width: 3")
    assert (sequence.shape, target.shape, weight.shape) == ((200, 13, 4), (200, 13, 3), (200, 13, 3))
    lengths = []
    for steps, wanted, counted in zip(sequence, target, weight, strict=True):
        (length,) = np.flatnonzero(steps[:, 3])
        lengths.append(int(length))
        asked = slice(length + 1, 2 * length + 1)
        np.testing.assert_array_equal(wanted[asked], steps[:length, :3])
        assert not steps[length:, :3].any()
        assert counted[asked].all()
        assert counted.sum() == length * 3
        assert not wanted[counted == 0].any()
    assert set(np.unique(sequence)) == {0, 1}
    assert set(lengths) == {2, 3, 4, 5, 6}


def test_lengths_and_bits_are_evenly_distributed() -> None:
    _, target, weight = drawn("copy", "length: 4", count=2000)
    counts = np.bincount((weight[..., 0].sum(1)).astype(int))
    assert counts[0] == 0
    assert (abs(counts[1:] - 500) < 80).all()
    assert abs(target.sum() / weight.sum() - 0.5) < 0.02


def test_length_given_alone_lowers_the_fewest_rows() -> None:
    _, _, weight = drawn("copy", "length: 5 min_length: 5")
    assert (weight[..., 0].sum(1) == 5).all()
