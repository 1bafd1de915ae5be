from __future__ import annotations

import pytest


def test_rates(rates):
    assert rates("inv", [0, 1, 15], gamma=1, power=0.5) == pytest.approx([0.5, 0.35355339, 0.125])


def test_rates_equal_those_in_caffes_log_of_lenet(rates):
    assert rates("inv", [100, 500], base_lr=0.01, gamma=0.0001, power=0.75) == pytest.approx(
        [0.00992565, 0.0096406898], rel=1e-6
    )


def test_negative_gamma_raises_the_rate(rates):
    assert rates("inv", [0, 75], gamma=-0.01, power=0.5, max_iter=99) == pytest.approx([0.5, 1.0])
