"""Plans of updates: when they are due, how many steps they have made, and their settings."""

from __future__ import annotations

import pytest

from layerzoo.optimizer import UpdatePlan, passes_of_iteration, settings_of
from layerzoo.schema import SolverParameter


@pytest.mark.parametrize(("times", "every"), [(1, 1), (3, 1), (1, 4), (2, 3)])
def test_steps_are_counted_by_the_iteration_alone(times: int, every: int) -> None:
    plan = UpdatePlan("u", SolverParameter(), [0], times=times, every=every)
    made = 0
    for iteration in range(20):
        if plan.is_due(iteration):
            assert plan.first_step(iteration) == made
            made += times
    assert made == times * -(-20 // every)


def test_settings_of_an_update_override_those_of_the_solver() -> None:
    solver = SolverParameter(type="SGD", momentum=0.9, weight_decay=0.1, iter_size=3)
    update = solver.update.add(type="Adam", momentum=0.5, clip_weights=0.01)
    settings = settings_of(solver, update)
    assert (settings.type, settings.momentum, settings.iter_size) == ("Adam", 0.5, 3)
    assert settings.weight_decay == pytest.approx(0.1)
    assert settings.clip_weights == pytest.approx(0.01)
    assert not settings.update


def test_type_of_an_update_replaces_the_old_solver_type() -> None:
    solver = SolverParameter(solver_type=SolverParameter.ADAM)
    assert settings_of(solver, solver.update.add(type="SGD")).HasField("solver_type") is False
    assert settings_of(solver, solver.update.add()).solver_type == SolverParameter.ADAM


def test_passes_of_an_iteration_are_those_of_the_update_with_most() -> None:
    solver = SolverParameter(iter_size=2)
    assert passes_of_iteration(solver) == 2
    solver.update.add(times=5)
    solver.update.add()
    assert passes_of_iteration(solver) == 10
