"""Curves for a chart."""

from __future__ import annotations

import numpy as np

from layerzoo.studio.index.series import series


def test_points_that_can_not_be_drawn_are_left_out() -> None:
    x = np.array([0.0, 1, 2, 3, np.nan])
    y = np.array([1.0, np.nan, 1e301, 4, 5])
    found = series("a", -1, "loss", x, y, 100, None)
    assert found is not None
    assert (found.x, found.y, found.label) == ([0, 3], [1, 4], "train")


def test_a_stretch_of_the_axis() -> None:
    x = np.arange(10.0)
    found = series("a", 0, "loss", x, x * 2, 100, (3, 5))
    assert found is not None
    assert (found.x, found.y, found.label) == ([3, 4, 5], [6, 8, 10], "test")
    assert series("a", 0, "loss", x, x, 100, (20, 30)) is None
    named = series("a", 2, "loss", x, x, 100, None)
    assert named is not None
    assert named.label == "test #2"
