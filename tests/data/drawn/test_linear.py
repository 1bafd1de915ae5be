"""The task of predicting a weighted sum."""

from __future__ import annotations

import math

import numpy as np

from tests.data.drawn.drawing import drawn


def test_sum_has_the_known_weights() -> None:
    x, y = drawn("linear", "width: 4 noise: 0")
    weights = [math.cos(i) for i in range(4)]
    np.testing.assert_allclose(y[:, 0], 0.5 + x @ weights, rtol=1e-4, atol=1e-5)


def test_least_squares_find_the_weights_and_the_noise() -> None:
    x, y = drawn("linear", "width: 3 noise: 0.3", count=5000)
    found, *_ = np.linalg.lstsq(np.hstack([np.ones((5000, 1)), x]), y[:, 0], rcond=None)
    np.testing.assert_allclose(found, [0.5, 1, math.cos(1), math.cos(2)], atol=0.02)
    residual = y[:, 0] - np.hstack([np.ones((5000, 1)), x]) @ found
    assert abs(residual.std() - 0.3) < 0.01
    np.testing.assert_allclose(np.cov(x.T), np.eye(3), atol=0.06)
