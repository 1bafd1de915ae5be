from __future__ import annotations

from layerzoo.lr_policy import make_policy
from layerzoo.schema import SolverParameter


def test_rates(rates):
    assert rates("multistep", [0, 3, 4, 6, 7, 99], gamma=0.5, stepvalue=[4, 7]) == [
        0.5,
        0.5,
        0.25,
        0.25,
        0.125,
        0.125,
    ]


def test_current_step_takes_one_step_per_iteration_in_the_configs_order():
    policy = make_policy(SolverParameter(lr_policy="multistep", base_lr=1, gamma=0.5, stepvalue=[5, 2, 2]))
    steps = 0
    for iteration in range(12):  # as Caffe counts, with a state
        if steps < 3 and iteration >= [5, 2, 2][steps]:
            steps += 1
        assert policy.current_step(iteration) == steps
    assert steps == 3
