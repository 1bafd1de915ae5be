"""Distributions of values."""

from __future__ import annotations

import numpy as np

from layerzoo.visualise.histogram import distribution


def test_distribution_of_values_that_are_known() -> None:
    found = distribution(np.array([[0.0, 0.0, 1.0], [2.0, 4.0, 5.0]]), bins=5)
    assert found["shape"] == [2, 3]
    assert (found["count"], found["finite"]) == (6, 6)
    assert (found["min"], found["max"], found["mean"]) == (0.0, 5.0, 2.0)
    assert found["std"] == np.sqrt((4 + 4 + 1 + 0 + 4 + 9) / 6)
    assert found["zeros"] == 1 / 3
    assert found["histogram"] == [2, 1, 1, 0, 2]


def test_distribution_of_equal_values_is_one_bar() -> None:
    assert distribution(np.full(7, 3.0), bins=5)["histogram"] == [0, 0, 7, 0, 0]


def test_distribution_leaves_out_what_is_not_finite() -> None:
    found = distribution(np.array([np.nan, 1.0, np.inf, 3.0]), bins=2)
    assert (found["count"], found["finite"], found["histogram"]) == (4, 2, [1, 1])
    assert "histogram" not in distribution(np.array([np.nan]))
    assert distribution(np.zeros((0, 3)))["count"] == 0
