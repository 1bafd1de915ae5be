from __future__ import annotations

import pytest

from layerzoo.lr_policy import make_policy
from layerzoo.schema import SolverParameter


def test_rates(rates):
    assert rates("step", [0, 2, 3, 5, 6, 9], gamma=0.5, stepsize=3) == [0.5, 0.5, 0.25, 0.25, 0.125, 0.0625]
    assert rates("step", [0, 2, 3], gamma=0, stepsize=3) == [0.5, 0.5, 0]


def test_current_step():
    policy = make_policy(SolverParameter(lr_policy="step", base_lr=1, gamma=0.5, stepsize=10))
    assert [policy.current_step(i) for i in (0, 9, 10, 25)] == [0, 0, 1, 2]


def test_overflow_gives_infinity(rates):
    assert rates("step", [10**6], gamma=10, stepsize=1) == [pytest.approx(float("inf"))]
