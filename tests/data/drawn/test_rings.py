"""The task of a mixture on rings."""

from __future__ import annotations

import math

import numpy as np

from tests.data.drawn.drawing import drawn


def test_points_are_around_their_centres() -> None:
    point, label = drawn("rings", "modes: 4 rings: 2 noise: 0.1", count=4000)
    centres = [(1, 0), (0, 1), (-1, 0), (0, -1), (2, 0), (0, 2), (-2, 0), (0, -2)]
    for number, centre in enumerate(centres):
        mine = point[label == number]
        assert abs(len(mine) - 500) < 90
        np.testing.assert_allclose(mine.mean(0), centre, atol=0.02)
        np.testing.assert_allclose(mine.std(0), 0.1, atol=0.015)


def test_default_is_eight_centres_on_one_ring() -> None:
    point, label = drawn("rings", "noise: 0", count=100)
    assert set(label) == set(range(8))
    np.testing.assert_allclose(np.hypot(*point.T), 1, rtol=1e-6)
    angles = np.arctan2(point[:, 1], point[:, 0]) % (2 * math.pi)
    np.testing.assert_allclose(np.cos(angles - label * math.pi / 4), 1, atol=1e-6)
