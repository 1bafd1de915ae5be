from __future__ import annotations

import pytest
import torch


def test_each_point_is_evaluated_once(descent):
    run = descent(lambda x: (x**2).sum() / 2, [4.0], type="Newton")
    run.run(1)
    assert run.evaluations == 2  # the start, and Newton's step
    point = run.rule.here(run)
    assert run.evaluations == 2
    assert (point.value, point.loss, point.gradient.tolist()) == (0, 0, [0])


def test_history_says_whether_the_point_is_known(descent):
    run = descent(lambda x: (x**2).sum(), [4.0], type="GradientDescent")
    gradient, numbers = run.rule.history
    assert not numbers.any()
    run.rule.here(run)
    assert gradient.tolist() == [8]
    assert numbers.tolist() == [1, 16, 16, 0, 0]


def test_steepest_changes_no_param_by_more_than_the_learning_rate(descent):
    run = descent(lambda x: (x**2).sum(), [4.0, 3.0], type="GradientDescent")
    direction, first = run.rule.steepest(torch.tensor([8.0, -2.0], dtype=torch.float64), 0.5)
    assert direction.tolist() == [-8, 2]
    assert first == pytest.approx(0.05)
    assert run.rule.steepest(torch.tensor([0.1, 0.1], dtype=torch.float64), 0.5)[1] == 0.5


def test_gradient_is_tried_where_a_direction_fails(descent):
    # the Hessian's part of x^4 at 0 is 0, so that Newton's direction is made by a shift
    run = descent(lambda x: (x**4).sum() + x.sum(), [0.0], type="Newton")
    losses = run.run(12)
    assert losses == sorted(losses, reverse=True)
    assert run.param.item() == pytest.approx(-(0.25 ** (1 / 3)), abs=1e-6)
