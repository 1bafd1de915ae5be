from __future__ import annotations

import pytest
import torch

MATRIX = torch.tensor([[4.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 2.0]], dtype=torch.float64)
TARGET = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
BETAS = ["POLAK_RIBIERE", "FLETCHER_REEVES", "HESTENES_STIEFEL", "DAI_YUAN"]


def quadratic(x):
    return x @ MATRIX @ x / 2 - TARGET @ x


@pytest.mark.parametrize("beta", BETAS)
def test_quadratic_of_three_variables_takes_three_exact_steps(descent, beta):
    fields = {"nonlinear_cg_param": {"beta": beta}, "line_search_param": {"curvature": 2e-4}}
    run = descent(quadratic, [0.0, 0.0, 0.0], type="NonlinearCG", **fields)
    run.run(3)
    solution = torch.linalg.solve(MATRIX, TARGET)
    assert run.param.tolist() == pytest.approx(solution.tolist(), abs=2e-3)


@pytest.mark.parametrize("beta", BETAS)
def test_minimum_of_rosenbrock_is_reached(descent, rosenbrock, beta):
    run = descent(rosenbrock, [-1.2, 1.0], type="NonlinearCG", nonlinear_cg_param={"beta": beta})
    losses = run.run(150)
    assert losses == sorted(losses, reverse=True)
    assert run.param.tolist() == pytest.approx([1, 1], abs=1e-2)


def test_restart_goes_along_the_gradient(descent, rosenbrock):
    run = descent(rosenbrock, [-1.2, 1.0], type="NonlinearCG", nonlinear_cg_param={"restart": 2})
    run.run(1)
    gradient, direction, _ = run.rule.history
    assert not torch.allclose(direction, -gradient)
    run.run(1)
    assert torch.equal(direction, -gradient)


def test_stuck_is_set_at_a_minimum(descent):
    run = descent(lambda x: (x**2).sum(), [0.0, 0.0], type="NonlinearCG")
    assert run.run(2) == [0, 0]
    assert run.rule.stuck


def test_resumes(resumes_descent):
    resumes_descent(type="NonlinearCG")
