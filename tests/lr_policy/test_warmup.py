from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.lr_policy import make_policy
from layerzoo.schema import SolverParameter


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("LINEAR", [0.125, 0.3125, 0.5, 0.5]),
        ("EXPONENTIAL", [0.125, 0.25, 0.5, 0.5]),
        ("CONSTANT", [0.125, 0.125, 0.5, 0.5]),
    ],
)
def test_rate_rises_to_the_policys(rates, shape, expected):
    warmup = {"iterations": 4, "start_factor": 0.25, "shape": shape}
    assert rates("fixed", [0, 2, 4, 9], warmup_param=warmup) == pytest.approx(expected)


def test_factor_multiplies_the_policys_rate(rates):
    assert rates(
        "step", [0, 1, 2, 4], gamma=0.5, stepsize=2, warmup_param={"iterations": 2}
    ) == pytest.approx([0.05, 0.275, 0.25, 0.125])


def test_scores_and_state_are_the_wrapped_policys():
    solver = SolverParameter(lr_policy="plateau", base_lr=1, gamma=0.5, warmup_param={"iterations": 2})
    solver.plateau_param.patience = 1
    policy = make_policy(solver)
    for score in (1.0, 1.0):
        policy.observe(score, higher_is_better=False)
    other = make_policy(solver)
    other.load_state_dict(policy.state_dict())
    assert policy.current_step(9) == other.current_step(9) == 1
    assert other.rate(9) == 0.5


def test_faults(rates):
    with pytest.raises(ConfigError, match=r"warmup_param\.iterations is 0; it has to be 1 or more"):
        rates("fixed", [0], warmup_param={})
