"""Random search finds more than a grid of as many trials, where one of two settings matters."""

from __future__ import annotations

import pytest

from layerzoo.tune import Trial
from layerzoo.tune.importance import importance
from tests.courses.lessons import measure, read_scores
from tests.courses.searching import SHIFTS, best, moved, plan_of_search, value

RUNS = read_scores()["search"]["runs"]
GRID, RANDOM = (plan_of_search("search", kind) for kind in ("grid", "random"))


def test_searches_have_the_same_budget_and_ranges() -> None:
    assert GRID.trials == RANDOM.trials == 9
    ends = [[(axis.path, axis.low, axis.high, axis.log) for axis in plan.axes] for plan in (GRID, RANDOM)]
    assert ends[0] == ends[1]


def test_grid_has_three_values_of_what_matters_and_random_search_nine() -> None:
    for plan, count in ((GRID, 3), (RANDOM, 9)):
        rates = {plan.searcher().propose(number)["base_lr"] for number in range(plan.trials)}
        assert len(rates) == count


def test_shift_moves_the_range_of_what_matters() -> None:
    shifted = moved(GRID, 10.0, 5)
    rate, decay = shifted.axes
    assert rate.levels == ("0.01", "10", "10000")
    assert decay == GRID.axes[1]
    assert (moved(RANDOM, 0.1, 5).axes[0].low, moved(RANDOM, 0.1, 5).seed) == (pytest.approx(1e-4), 5)


def test_random_search_does_better_on_average_in_the_committed_scores() -> None:
    assert max(RUNS["random"]["scores"]) < 0.7 * min(RUNS["grid"]["scores"])


def test_learning_rate_matters_and_weight_decay_does_not() -> None:
    trials = []
    for number in range(GRID.trials):
        values = GRID.searcher().propose(number)
        loss, _ = measure("search", "loss", GRID.arguments(values))
        trials.append(Trial(number, values, "done", loss))
    shares = importance(trials, GRID.axes)
    assert shares["base_lr"] > 0.9
    assert shares["weight_decay"] < 0.1


@pytest.mark.slow
def test_random_search_does_better_on_average() -> None:
    by_random = [best(moved(RANDOM, shift, seed), [], 1) for shift in SHIFTS for seed in (1, 2)]
    assert sum(by_random) / len(by_random) < 0.7 * value("search", "loss by grid", [], 1)
