from __future__ import annotations

import pytest
import torch


@pytest.mark.parametrize("method", ["STRONG_WOLFE", "BACKTRACKING"])
def test_minimum_of_rosenbrock_is_reached(descent, rosenbrock, method):
    run = descent(rosenbrock, [-1.2, 1.0], type="LBFGS", line_search_param={"method": method})
    losses = run.run(45)
    assert losses[0] == pytest.approx(24.2)
    assert losses == sorted(losses, reverse=True)
    assert run.param.tolist() == pytest.approx([1, 1], abs=1e-6)
    assert run.evaluations < 90


def test_first_step_is_along_the_gradient_and_second_is_newtons(descent):
    # f = x^2 / 2 from 4: a step of 1/|g| * g, after which the change of the gradient gives the curvature, 1
    run = descent(lambda x: (x**2).sum() / 2, [4.0], type="LBFGS", line_search_param={"curvature": 0.99})
    run.run(1)
    assert run.param.item() == pytest.approx(3)
    run.run(1)
    assert run.param.item() == pytest.approx(0, abs=1e-12)


def test_memory_keeps_the_last_steps(descent, rosenbrock):
    run = descent(rosenbrock, [-1.2, 1.0, 0.5], type="LBFGS", lbfgs_param={"memory": 3})
    run.run(2)
    assert run.rule.remembered == 2
    run.run(5)
    assert run.rule.remembered == 3
    assert [tuple(h.shape) for h in run.rule.history] == [(3, 3), (3, 3), (3,), (4,)]


def test_weight_decay_moves_the_minimum(descent):
    # the minimum of (x - 3)^2 / 2 + 0.5 * x^2 / 2 is at 2
    run = descent(lambda x: ((x - 3) ** 2).sum() / 2, [10.0], type="LBFGS", weight_decay=0.5)
    losses = run.run(4)
    assert losses[0] == pytest.approx(24.5)
    assert run.param.item() == pytest.approx(2)


def test_stuck_is_set_at_a_minimum(descent):
    run = descent(lambda x: (x**2).sum(), [0.0, 0.0], type="LBFGS")
    assert run.run(2) == [0, 0]
    assert run.rule.stuck
    assert torch.equal(run.param, torch.zeros(2, dtype=torch.float64))


def test_resumes(resumes_descent):
    resumes_descent(type="LBFGS", lbfgs_param={"memory": 4})
