from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.lr_policy import make_policy
from layerzoo.schema import SolverParameter


def plateau(**fields):
    return make_policy(SolverParameter(lr_policy="plateau", base_lr=0.8, gamma=0.5, plateau_param=fields))


def observed(policy, scores, higher=False):
    rates = []
    for score in scores:
        policy.observe(score, higher)
        rates.append(policy.rate(0))
    return rates


def test_rate_drops_after_patience_tests_without_improvement():
    rates = observed(plateau(patience=2), [5.0, 4.0, 4.0, 4.5, 3.0, 3.0, 3.0])
    assert rates == pytest.approx([0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2])


def test_nan_is_no_improvement_where_higher_is_better():
    rates = observed(plateau(patience=2), [0.5, 0.6, float("nan"), 0.6], higher=True)
    assert rates == pytest.approx([0.8, 0.8, 0.8, 0.4])


def test_threshold_cooldown_and_floor():
    assert observed(plateau(patience=1, threshold=0.1), [10.0, 9.5]) == pytest.approx([0.8, 0.4])
    assert observed(plateau(patience=1, cooldown=2), [1, 1, 1, 1, 1]) == pytest.approx(
        [0.8, 0.4, 0.4, 0.4, 0.2]
    )
    assert observed(plateau(patience=1, min_lr=0.3), [1, 1, 1]) == pytest.approx([0.8, 0.4, 0.3])


def test_load_state_dict_resumes():
    scores = [5.0, 6.0, 5.0, 4.0, 4.0, 4.0, 4.0]
    whole = plateau(patience=2, cooldown=1)
    expected = observed(whole, scores)
    first, second = plateau(patience=2, cooldown=1), plateau(patience=2, cooldown=1)
    rates = observed(first, scores[:3])
    second.load_state_dict(first.state_dict())
    assert rates + observed(second, scores[3:]) == expected
    assert second.current_step(0) == whole.falls == 2


def test_faults():
    with pytest.raises(ConfigError, match="gamma is 1; lr_policy 'plateau' needs it between 0 and 1"):
        make_policy(SolverParameter(lr_policy="plateau", base_lr=1, gamma=1))
    with pytest.raises(ConfigError, match="patience is 0"):
        plateau(patience=0)
