from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.lr_policy import make_policy
from layerzoo.schema import SolverParameter


@pytest.mark.parametrize(
    ("solver", "says", "field"),
    [
        ({"base_lr": 1}, "lr_policy is not given", "lr_policy"),
        ({"base_lr": 1, "lr_policy": "multistp"}, "did you mean 'multistep'", "lr_policy"),
        ({"lr_policy": "fixed"}, "base_lr is not given", "base_lr"),
        ({"base_lr": 1, "lr_policy": "exp", "gamma": -1}, "gamma is -1; it has to be 0 or more", "gamma"),
        ({"base_lr": 1, "lr_policy": "step", "gamma": -1, "stepsize": 1}, "gamma is -1; it has", "gamma"),
        ({"base_lr": 1, "lr_policy": "multistep", "gamma": -1, "stepvalue": [1]}, "gamma is -1; it", "gamma"),
        ({"base_lr": 1, "lr_policy": "step", "gamma": 1, "stepsize": 0}, "stepsize is 0", "stepsize"),
        (
            {"base_lr": 1, "lr_policy": "inv", "gamma": -0.01, "power": 1, "max_iter": 101},
            "1 + gamma * iter falls to 0 before max_iter 101",
            "gamma",
        ),
    ],
)
def test_make_policy_raises_faults(solver, says, field):
    with pytest.raises(ConfigError) as caught:
        make_policy(SolverParameter(**solver))
    assert says in str(caught.value)
    assert [fault.field for fault in caught.value.faults] == [field]


@pytest.mark.parametrize("policy", ["fixed", "poly", "cosine"])
def test_make_policy_ignores_fields_that_the_policy_does_not_read(policy):
    solver = SolverParameter(base_lr=1, lr_policy=policy, gamma=-1, stepsize=-1, power=1, max_iter=10)
    assert make_policy(solver).rate(0) == 1
