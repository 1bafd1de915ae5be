from __future__ import annotations

import numpy as np

from layerzoo.pycaffe.batches import batches, joined


def test_batches_pad_the_last_one_with_zeros() -> None:
    made = list(batches({"a": np.arange(1, 6), "b": np.ones((5, 2))}, 3))
    assert [batch["a"].tolist() for batch in made] == [[1, 2, 3], [4, 5, 0]]
    assert made[1]["b"].tolist() == [[1, 1], [1, 1], [0, 0]]
    assert list(batches({}, 3)) == []


def test_joined_drops_the_padding() -> None:
    rows = [np.array([i, i]) for i in range(6)]
    assert joined({"a": rows}, 5)["a"].tolist() == [[i, i] for i in range(5)]
    assert joined({"a": rows}, 6)["a"].shape == (6, 2)
    assert joined({}, 5) == {}
