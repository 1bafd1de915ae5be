"""The task of a curve with noise that depends on the input."""

from __future__ import annotations

import numpy as np

from tests.data.drawn.drawing import drawn


def test_tops_follow_from_the_input() -> None:
    x, _, mean, deviation = (top[:, 0] for top in drawn("noisy_wave", count=4000))
    assert 0 <= x.min() < 0.01
    assert 1.56 < x.max() <= np.pi / 2
    np.testing.assert_allclose(mean, np.sin(3 * x) * np.sin(5 * x), atol=1e-5)
    np.testing.assert_allclose(deviation, 0.25 - 0.2 * np.sin(5 * x), atol=1e-5)
    assert abs(np.histogram(x, 10)[0] / 400 - 1).max() < 0.25


def test_noise_is_normal_with_that_deviation() -> None:
    _, y, mean, deviation = (top[:, 0] for top in drawn("noisy_wave", count=8000))
    for part in np.array_split(np.argsort(deviation), 4):
        scaled = ((y - mean) / deviation)[part]
        assert abs(scaled.mean()) < 0.08
        assert abs(scaled.std() - 1) < 0.05
        assert abs((abs(scaled) < 1.6449).mean() - 0.9) < 0.025
