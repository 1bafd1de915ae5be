from __future__ import annotations

import pytest


def test_rates(rates):
    assert rates("poly", [0, 5, 9, 10, 12], power=2, max_iter=10) == pytest.approx([0.5, 0.125, 0.005, 0, 0])
    assert rates("poly", [0, 5, 9], power=0, max_iter=10) == [0.5, 0.5, 0.5]


def test_negative_power_gives_infinity_at_the_end(rates):
    assert rates("poly", [5, 10], power=-1, max_iter=10) == [1, float("inf")]


def test_min_lr_is_the_rate_at_the_end(rates):
    assert rates("poly", [0, 5, 10, 11], power=2, max_iter=10, min_lr=0.1) == pytest.approx(
        [0.5, 0.2, 0.1, 0.1]
    )
