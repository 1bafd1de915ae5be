"""TPE and pruning, by Optuna."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from math import log10, nan

import pytest

from layerzoo.errors import MissingExtraError
from layerzoo.tune.axes import Axis
from layerzoo.tune.journal import Trial
from layerzoo.tune.optuna_search import FIRST, Pruning, TPESearch, check_optuna, study_of
from layerzoo.tune.search import RandomSearch, Search, Values

AXES = [
    Axis("rate", low=1e-5, high=10.0, log=True),
    Axis("momentum", ("0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9"), True, 0, 0.9),
    Axis("type", ("SGD", "Adam", "Lion")),
    Axis("width", low=1, high=256, log=True, integer=True),
    Axis("depth", low=1, high=8, integer=True),
]


def loss(values: Values) -> float:
    """Lowest, 0, at rate 0.01, momentum 0.8, type Adam, width 16 and depth 3."""
    return (
        (log10(float(values["rate"])) + 2) ** 2
        + 4 * (float(values["momentum"]) - 0.8) ** 2
        + (values["type"] != "Adam")
        + (log10(float(values["width"])) - log10(16)) ** 2
        + (int(values["depth"]) - 3) ** 2 / 10
    )


def run(search: Search, count: int, sign: float = 1.0) -> list[Trial]:
    trials: list[Trial] = []
    for number in range(count):
        values = search.propose(number, trials)
        trials.append(Trial(number, values, "done", sign * loss(values)))
    return trials


def best(trials: Sequence[Trial]) -> float:
    return min(trial.value or 0.0 for trial in trials)


def test_tpe_finds_a_better_value_than_random() -> None:
    wins = [
        best(run(TPESearch(AXES, seed, maximise=False), 60)) < best(run(RandomSearch(AXES, seed), 60))
        for seed in range(5)
    ]
    assert sum(wins) >= 4


def test_tpe_maximises() -> None:
    trials = run(TPESearch(AXES, 0, maximise=True), 60, sign=-1.0)
    assert max(trial.value or -9.0 for trial in trials) > -0.5


def test_first_trials_are_random() -> None:
    search, random = TPESearch(AXES, 3, maximise=False), RandomSearch(AXES, 3)
    assert [search.propose(n) for n in range(FIRST)] == [random.propose(n) for n in range(FIRST)]


def test_proposals_depend_on_seed_number_and_trials_alone() -> None:
    trials = run(TPESearch(AXES, 3, maximise=False), 15)
    assert run(TPESearch(AXES, 3, maximise=False), 15) == trials
    assert TPESearch(AXES, 3, maximise=False).propose(14, trials[:14]) == trials[14].values


def test_proposals_are_values_of_the_axes() -> None:
    for trial in run(TPESearch(AXES, 1, maximise=False), 30):
        assert trial.values["momentum"] in AXES[1].levels
        assert 1 <= int(trial.values["width"]) <= 256
        assert 1e-5 <= float(trial.values["rate"]) <= 10


@pytest.mark.parametrize("state", ["begun", "failed", "pruned"])
def test_trials_in_any_state_are_taken(state: str) -> None:
    trials = run(RandomSearch(AXES, 0), 12)
    trials[3].state, trials[3].value, trials[3].curve = state, None, [(5, 1.0)]  # type: ignore[assignment]
    assert TPESearch(AXES, 0, maximise=False).propose(12, trials).keys() == {axis.path for axis in AXES}
    assert len(study_of(trials, AXES, False).trials) == 12


def ended(*last: float) -> list[Trial]:
    return [Trial(n, {}, "done", value, curve=[(10, value / 2), (20, value)]) for n, value in enumerate(last)]


@pytest.mark.parametrize(
    ("curve", "behind"),
    [
        ([(10, 0.1)], True),
        ([(10, 0.4)], False),
        ([(10, 0.4), (20, 0.5)], True),
        ([], False),
        ([(10, nan)], True),
    ],
)
def test_trial_behind_the_median_is_pruned(curve: list[tuple[int, float]], behind: bool) -> None:
    pruning = Pruning(50, 3, 0, maximise=True)
    trials = [*ended(0.4, 0.6, 0.8), Trial(7, {}, curve=curve)]
    assert pruning.is_behind(trials[-1], trials) is behind


def test_trial_with_a_higher_loss_is_pruned() -> None:
    trial = Trial(7, {}, curve=[(10, 0.4)])
    assert Pruning(50, 3, 0, maximise=False).is_behind(trial, ended(0.4, 0.6, 0.8))


def test_no_trial_is_pruned_in_the_warmup_or_among_the_first() -> None:
    trial = Trial(7, {}, curve=[(10, 0.1)])
    assert not Pruning(50, 4, 0, maximise=True).is_behind(trial, ended(0.4, 0.6, 0.8))
    assert not Pruning(50, 3, 11, maximise=True).is_behind(trial, ended(0.4, 0.6, 0.8))


def test_percentile_is_the_share_that_goes_on() -> None:
    trial = Trial(7, {}, curve=[(10, 0.25)])
    assert Pruning(25, 3, 0, maximise=True).is_behind(trial, ended(0.2, 0.4, 0.6, 0.8))
    assert not Pruning(75, 3, 0, maximise=True).is_behind(trial, ended(0.2, 0.4, 0.6, 0.8))


@pytest.mark.parametrize(
    "use",
    [
        lambda: check_optuna("x"),
        lambda: TPESearch(AXES, 0, maximise=True),
        lambda: Pruning(50, 3, 0, maximise=True),
    ],
)
def test_missing_optuna_names_the_extra(monkeypatch: pytest.MonkeyPatch, use: Callable[[], object]) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtraError, match=r"layerzoo\[tune\]"):
        use()
