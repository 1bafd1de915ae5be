"""Learning rates from a list."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.lr_policy import make_policy
from layerzoo.schema import SolverParameter


def test_rates_hold_up_to_and_including_their_iteration(rates):
    given = rates("multifixed", [0, 10, 11, 20, 21, 99], stagelr=[0.1, 0.2, 0.4], stageiter=[10, 20, 30])
    assert given == pytest.approx([0.1, 0.1, 0.2, 0.2, 0.4, 0.4])


def test_base_lr_is_not_needed():
    policy = make_policy(SolverParameter(lr_policy="multifixed", stagelr=[0.25], stageiter=[1]))
    assert policy.rate(5) == 0.25


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "needs stagelr"),
        ({"stagelr": [1, 2], "stageiter": [1]}, "2 stagelr and 1 stageiter"),
        ({"stagelr": [1, 2], "stageiter": [5, 1]}, "stageiter has to rise"),
    ],
)
def test_faults(fields, message):
    with pytest.raises(ConfigError, match=message):
        make_policy(SolverParameter(lr_policy="multifixed", **fields))
