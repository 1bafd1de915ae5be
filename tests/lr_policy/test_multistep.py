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


def test_one_step_an_iteration_in_the_order_given_as_caffe():
    policy = make_policy(SolverParameter(lr_policy="multistep", base_lr=1, gamma=0.5, stepvalue=[5, 2, 2]))
    counted = 0
    for iteration in range(12):  # Caffe's own way, which has a state
        if counted < 3 and iteration >= [5, 2, 2][counted]:
            counted += 1
        assert policy.current_step(iteration) == counted
    assert counted == 3
