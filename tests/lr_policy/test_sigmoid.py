from __future__ import annotations

import pytest


def test_rates(rates):
    # 0.5 / (1 + e), 0.25, 0.5 / (1 + 1/e)
    assert rates("sigmoid", [8, 10, 12], gamma=0.5, stepsize=10) == pytest.approx(
        [0.13447071, 0.25, 0.36552929]
    )


def test_rate_far_before_stepsize_is_0(rates):
    assert rates("sigmoid", [0], gamma=1, stepsize=10**6)[0] == pytest.approx(0, abs=1e-300)


def test_negative_gamma_lowers_the_rate(rates):
    # 0.5 / (1 + 1/e), 0.25, 0.5 / (1 + e)
    assert rates("sigmoid", [8, 10, 12], gamma=-0.5, stepsize=10) == pytest.approx(
        [0.36552929, 0.25, 0.13447071]
    )
    assert rates("sigmoid", [10**6], gamma=-1, stepsize=10)[0] == pytest.approx(0, abs=1e-300)


def test_stepsize_may_be_zero_or_negative(rates):
    assert rates("sigmoid", [0, 10], gamma=-0.1, stepsize=0) == pytest.approx([0.25, 0.13447071])
    assert rates("sigmoid", [0], gamma=-0.1, stepsize=-10) == pytest.approx([0.13447071])
