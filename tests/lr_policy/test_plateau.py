from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.lr_policy import make_policy
from layerzoo.schema import SolverParameter


def plateau(**fields):
    return make_policy(SolverParameter(lr_policy="plateau", base_lr=0.8, gamma=0.5, plateau_param=fields))


def observed(policy, scores, higher=False):
    found = []
    for score in scores:
        policy.observe(score, higher)
        found.append(policy.rate(0))
    return found


def test_falls_when_patience_ends():
    found = observed(plateau(patience=2), [5.0, 4.0, 4.0, 4.5, 3.0, 3.0, 3.0])
    assert found == pytest.approx([0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2])


def test_higher_is_better_and_nan_is_no_improvement():
    found = observed(plateau(patience=2), [0.5, 0.6, float("nan"), 0.6], higher=True)
    assert found == pytest.approx([0.8, 0.8, 0.8, 0.4])


def test_threshold_cooldown_and_floor():
    assert observed(plateau(patience=1, threshold=0.1), [10.0, 9.5]) == pytest.approx([0.8, 0.4])
    assert observed(plateau(patience=1, cooldown=2), [1, 1, 1, 1, 1]) == pytest.approx(
        [0.8, 0.4, 0.4, 0.4, 0.2]
    )
    assert observed(plateau(patience=1, min_lr=0.3), [1, 1, 1]) == pytest.approx([0.8, 0.4, 0.3])


def test_goes_on_from_its_state():
    scores = [5.0, 6.0, 5.0, 4.0, 4.0, 4.0, 4.0]
    whole = plateau(patience=2, cooldown=1)
    expected = observed(whole, scores)
    first, second = plateau(patience=2, cooldown=1), plateau(patience=2, cooldown=1)
    begun = observed(first, scores[:3])
    second.load_state_dict(first.state_dict())
    assert begun + observed(second, scores[3:]) == expected
    assert second.current_step(0) == whole.falls == 2


def test_faults():
    with pytest.raises(ConfigError, match="gamma is 1; lr_policy 'plateau' needs it between 0 and 1"):
        make_policy(SolverParameter(lr_policy="plateau", base_lr=1, gamma=1))
    with pytest.raises(ConfigError, match="patience is 0"):
        plateau(patience=0)
