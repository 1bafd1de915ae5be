"""Nets that are functions to minimise, by each type of solver over all data, in single precision."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.optimizer import RULES
from layerzoo.solver import Solver
from tests.courses.lessons import bar_of, make_solver, read_scores
from tests.courses.minimisation import MOST, script, value

LESSONS = {name: lesson for name, lesson in read_scores().items() if lesson.get("module") == "minimisation"}
QUICK = [
    (name, row)
    for name, lesson in LESSONS.items()
    for row, run in lesson["runs"].items()
    if bar_of(run, lesson).most is not None
]


def test_lessons_are_the_functions_of_the_benchmark() -> None:
    assert sorted(LESSONS) == sorted(script().MINIMA) == ["quadratic", "rosenbrock"]
    for lesson in LESSONS.values():
        runs = {row: run["set"] for row, run in lesson["runs"].items()}
        assert {row: script().SETTINGS[row] for row in runs} == runs
        missing = {row.split(",")[0] for row in script().SETTINGS} - {row.split(",")[0] for row in runs}
        assert missing == {"SimulatedAnnealing"}  # which comes near, at random, and doesn't arrive


def test_rows_are_of_all_types_over_all_data() -> None:
    assert {row.split(",")[0] for row in script().SETTINGS} == {n for n in RULES if RULES[n].full_batch}


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        ("rosenbrock", 100 * (1 - 1.2**2) ** 2 + 2.2**2),
        # lengths less 1: 8, -13, 6, -4, -2, 6, -13, 6, 5, -10, 11
        ("quadratic", (64 + 169 + 36 + 16 + 4 + 36 + 169 + 36 + 25 + 100 + 121) / 2),
    ],
)
def test_loss_is_the_functions_value(problem: str, expected: float, tmp_path: Path) -> None:
    solver: Solver = make_solver(problem, [], tmp_path)
    solver.step(1)
    assert float(solver.run.train.losses[-1]) == pytest.approx(expected)


@pytest.mark.parametrize(("problem", "row"), QUICK)
def test_minimum_takes_no_more_iterations_than_the_bar(problem: str, row: str) -> None:
    run = LESSONS[problem]["runs"][row]
    assert value(problem, "iterations", run["set"], 1) <= run["at_most"] < MOST


def test_newton_takes_one_step_on_a_quadratic_and_conjugate_gradients_one_for_each_unknown() -> None:
    runs = LESSONS["quadratic"]["runs"]
    assert runs["Newton"]["scores"] == [1, 1, 1]
    for row in ("NonlinearCG", "BFGS", "LBFGS"):
        assert set(runs[f"{row}, exact line search"]["scores"]) == {10}


def test_run_that_does_not_arrive_counts_as_the_most_iterations() -> None:
    assert value("rosenbrock", "iterations", ["type=GradientDescent", "base_lr=0"], 1) == MOST
