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


def by_loss(losses, **fields):
    fields = {"gamma": 0.5, "plateau_winsize": [2, 3], **fields}
    policy = make_policy(SolverParameter(lr_policy="plateau", base_lr=0.8, **fields))
    rates = []
    for iteration, loss in enumerate(losses):
        policy.observe_loss(iteration, loss)
        rates.append(policy.rate(iteration))
    return policy, rates


def test_rate_drops_after_each_window_without_a_lower_loss():
    # the minimum at 1 gives a drop at 3, the one at 4 a drop at 7; there is no third
    policy, rates = by_loss([5, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3, 3])
    assert rates == pytest.approx([0.8] * 3 + [0.4] * 4 + [0.2] * 5)
    assert (policy.follows_loss, policy.current_step(11)) == (True, 2)


def test_scores_and_nan_losses_change_nothing_where_the_loss_is_followed():
    policy, rates = by_loss([5, float("nan"), float("nan")])
    assert rates == pytest.approx([0.8, 0.8, 0.4]), "NaN is no new minimum"
    for _ in range(30):
        policy.observe(1.0, True)
    assert policy.rate(0) == pytest.approx(0.4)


def test_state_of_a_plateau_that_follows_the_loss():
    policy, _ = by_loss([5, 4, 4])
    other, _ = by_loss([])
    other.load_state_dict(policy.state_dict())
    assert set(policy.fields) == set(policy.state_dict())
    other.observe_loss(3, 4.5)
    assert other.rate(3) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"plateau_param": {}}, "exclude each other"),
        ({"plateau_winsize": [3, 0]}, "plateau_winsize is 0"),
        ({"gamma": -1}, "gamma is -1"),
    ],
)
def test_faults_of_a_plateau_that_follows_the_loss(fields, message):
    with pytest.raises(ConfigError, match=message):
        by_loss([], **fields)
