from __future__ import annotations

import pytest
import torch

EXACT = {"line_search_param": {"method": "EXACT"}}


def ellipse(x):
    return (x * torch.tensor([1.0, 9.0], dtype=torch.float64) * x).sum() / 2


def test_exact_steps_on_an_ellipse_are_those_by_hand(descent):
    # from (9, 1) the gradient is (9, 9), the exact step 2 / (1 + 9): both coordinates fall to 0.8
    run = descent(ellipse, [9.0, 1.0], type="GradientDescent", **EXACT)
    assert run.run(3) == pytest.approx([45, 45 * 0.64, 45 * 0.64**2])
    assert run.param.tolist() == pytest.approx([9 * 0.8**3, -(0.8**3)])


def test_first_step_is_limited_by_the_learning_rate(descent):
    tried = []

    def parabola(x):
        tried.append(x.item())
        return ((x - 8) ** 2).sum()

    search = {"method": "BACKTRACKING"}
    descent(parabola, [0.0], type="GradientDescent", line_search_param=search).run(1, lr=0.5)
    assert tried == [0, 0.5]


def test_loss_falls_in_each_step(descent, rosenbrock):
    run = descent(rosenbrock, [-1.2, 1.0], type="GradientDescent")
    losses = run.run(200)
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.5


def test_resumes(resumes_descent):
    resumes_descent(type="GradientDescent")
