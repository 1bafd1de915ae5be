"""The importance of axes."""

from __future__ import annotations

import pytest

from layerzoo.tune.axes import Axis
from layerzoo.tune.importance import importance
from layerzoo.tune.journal import Trial
from layerzoo.tune.search import GridSearch, RandomSearch

KIND = Axis("kind", ("a", "b"))
RATE = Axis("rate", low=1e-4, high=1.0, log=True)


def test_share_is_epsilon_squared_of_ranks() -> None:
    trials = [Trial(n, {"kind": "aabb"[n]}, "done", value) for n, value in enumerate((0.1, 0.3, 0.2, 90.0))]
    # ranks 0, 2 of a and 1, 3 of b: within 2 + 2, total 5
    assert importance(trials, [KIND]) == {"kind": pytest.approx(max(0.0, 1 - (4 / 2) / (5 / 3)))}
    trials = [Trial(n, {"kind": "aabb"[n]}, "done", value) for n, value in enumerate((0.1, 0.2, 0.3, 90.0))]
    # ranks 0, 1 and 2, 3: within 0.5 + 0.5
    assert importance(trials, [KIND]) == {"kind": pytest.approx(1 - (1 / 2) / (5 / 3))}


def test_axis_that_decides_is_important_and_others_are_not() -> None:
    search = RandomSearch([KIND, RATE], 1)
    trials = [Trial(n, search.propose(n), "done") for n in range(100)]
    for trial in trials:
        trial.value = float(trial.values["rate"])
    shares = importance(trials, [KIND, RATE])
    assert shares["rate"] > 0.9
    assert shares["kind"] < 0.1


def test_equal_scores_share_a_rank() -> None:
    grid = GridSearch([KIND, Axis("other", ("1", "2", "3"))])
    trials = [Trial(n, grid.propose(n), "done") for n in range(6)]
    for trial in trials:
        trial.value = float(trial.values["kind"] == "a")
    shares = importance(trials, [KIND, Axis("other", ("1", "2", "3"))])
    assert shares == {"kind": 1.0, "other": 0.0}


def test_too_few_or_equal_trials_have_no_importance() -> None:
    assert importance([], [KIND, RATE]) == {}
    one = [Trial(n, {"kind": "a", "rate": "1"}, "done", float(n)) for n in range(5)]
    assert importance(one, [KIND]) == {}
    equal = [Trial(n, {"kind": "ab"[n % 2], "rate": "1"}, "done", 1.0) for n in range(5)]
    assert importance(equal, [KIND]) == {}
    failed = [Trial(n, {"kind": "ab"[n % 2], "rate": "1"}, "failed") for n in range(5)]
    assert importance(failed, [KIND, RATE]) == {}
