"""The task of adding two marked numbers."""

from __future__ import annotations

import numpy as np
import pytest

from tests.data.drawn.drawing import drawn


@pytest.mark.parametrize("length", [2, 3, 11, 50])
def test_target_is_the_sum_of_the_two_marked_numbers(length: int) -> None:
    sequence, target = drawn("adding", f"length: {length}")
    assert sequence.shape == (200, length, 2)
    assert target.shape == (200, 1)
    assert set(np.unique(sequence[..., 1])) <= {0, 1}
    for steps, total in zip(sequence.tolist(), target[:, 0].tolist(), strict=True):
        first, second = (step for step, (_, marker) in enumerate(steps) if marker)
        assert first < length // 2 <= second
        assert total == pytest.approx(steps[first][0] + steps[second][0], rel=1e-6)


def test_numbers_and_marks_are_evenly_distributed() -> None:
    sequence, target = drawn("adding", "length: 10", count=4000)
    numbers, marks = sequence[..., 0], sequence[..., 1]
    assert 0 <= numbers.min() < 0.001
    assert 0.999 < numbers.max() < 1
    assert abs(numbers.mean() - 0.5) < 0.01
    assert abs(((target - 1) ** 2).mean() - 1 / 6) < 0.01  # what the docs say of a constant answer
    np.testing.assert_allclose(marks.mean(0), 0.2, atol=0.03)
