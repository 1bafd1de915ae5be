"""The schedule of a solver, before anything is trained."""

from __future__ import annotations

import pytest

from layerzoo.schema import SolverParameter
from layerzoo.studio.training.schedule import POINTS, schedule


def _solver(**fields: object) -> SolverParameter:
    return SolverParameter(**{"base_lr": 0.1, "lr_policy": "fixed", **fields})


def test_schedule_has_all_iterations_of_a_short_training() -> None:
    drawn = schedule(_solver(max_iter=5))
    assert drawn.x == [0, 1, 2, 3, 4]
    assert drawn.y == pytest.approx([0.1] * 5)
    assert drawn.note == ""


def test_schedule_of_a_long_training_is_thinned_and_keeps_its_ends() -> None:
    drawn = schedule(_solver(max_iter=1_000_001, lr_policy="poly", power=1))
    assert len(drawn.x) == POINTS
    assert (drawn.x[0], drawn.x[-1]) == (0, 1_000_000)


def test_epochs_are_counted_in_iterations_once_these_are_known() -> None:
    solver = _solver(max_epoch=4)
    assert schedule(solver, per_epoch=7.25).x[-1] == 28
    assert schedule(solver, per_epoch=7.25).note == ""
    assert "100 iterations in an epoch" in schedule(solver).note
    assert not solver.HasField("max_iter")


def test_faulty_solver_has_no_schedule() -> None:
    assert schedule(_solver(max_iter=5, lr_policy="step")).x == []
    assert schedule(_solver(max_iter=5, lr_policy="none")).x == []
    assert "ends after" in schedule(_solver()).note


def test_plateau_says_what_it_cannot_show() -> None:
    drawn = schedule(_solver(max_iter=5, lr_policy="plateau", gamma=0.1))
    assert drawn.y == pytest.approx([0.1] * 5)
    assert "no longer improve" in drawn.note
