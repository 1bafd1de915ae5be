"""Warm-up of Intel's and NVIDIA's forks."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.lr_policy import make_policy
from layerzoo.schema import SolverParameter


@pytest.mark.parametrize(
    ("count", "start", "rise"),
    [
        ("warmup_iter", "warmup_start_lr", [0.1, 0.2, 0.4]),
        ("rampup_interval", "rampup_lr", [0.1, 0.1 + 0.4 / 16, 0.1 + 0.4 * 9 / 16]),
    ],
)
def test_rate_rises_and_the_policy_counts_from_0(rates, count, start, rise):
    given = rates("step", [0, 1, 3, 4, 5, 6], gamma=0.5, stepsize=3, **{count: 4, start: 0.1})
    assert given == pytest.approx([*rise, 0.25, 0.25, 0.125])


def test_plateau_begins_after_the_warmup():
    solver = SolverParameter(base_lr=1, lr_policy="plateau", gamma=0.5, plateau_winsize=[1, 1], warmup_iter=2)
    policy = make_policy(solver)
    assert policy.follows_loss
    for iteration in range(2):
        policy.observe_loss(iteration, 1.0)
    assert (policy.rate(1), policy.current_step(1)) == (0.5, 0)
    policy.observe_loss(2, 1.0)
    policy.observe_loss(3, 1.0)
    assert (policy.rate(3), policy.current_step(3)) == (0.5, 1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"warmup_iter": 2, "rampup_interval": 3}, "warmup_iter and rampup_interval exclude each other"),
        ({"warmup_iter": 2, "warmup_param": {"iterations": 3}}, "warmup_iter and warmup_param exclude"),
        ({"warmup_iter": -1}, "warmup_iter is -1"),
    ],
)
def test_faults(fields, message):
    with pytest.raises(ConfigError, match=message):
        make_policy(SolverParameter(lr_policy="fixed", base_lr=1, **fields))
