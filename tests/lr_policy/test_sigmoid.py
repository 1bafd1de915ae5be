from __future__ import annotations

import pytest


def test_rates(rates):
    # 0.5 / (1 + e), 0.25, 0.5 / (1 + 1/e)
    assert rates("sigmoid", [8, 10, 12], gamma=0.5, stepsize=10) == pytest.approx(
        [0.13447071, 0.25, 0.36552929]
    )


def test_far_from_the_middle(rates):
    assert rates("sigmoid", [0], gamma=1, stepsize=10**6)[0] == pytest.approx(0, abs=1e-300)
