from __future__ import annotations

import pytest
import torch
from torch import nn

from layerzoo.errors import ConfigError
from layerzoo.optimizer import UpdateParam, make_rule
from layerzoo.schema import SolverParameter


class LeastSquares:
    """Half the sum of squared residuals, with the matrix of Gauss and Newton."""

    def __init__(self, descent, residuals, start, **fields):
        self.run = descent(lambda x: (residuals(x) ** 2).sum() / 2, start, type="GaussNewton", **fields)
        self.run.curvature = self.curvature
        self.residuals, self.matrices = residuals, 0

    def curvature(self, params, matrix):
        assert matrix == "Gauss-Newton"
        self.matrices += 1
        jacobian = torch.autograd.functional.jacobian(self.residuals, params[0].detach())

        class Curvature:
            def product(self, vector):
                return [jacobian.T @ (jacobian @ vector[0])]

        return Curvature()


def rosenbrock(x):
    return 2**0.5 * torch.stack([10 * (x[1] - x[0] ** 2), 1 - x[0]])


def test_linear_least_squares_take_one_step_without_damping(descent):
    matrix = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dtype=torch.float64)
    target = torch.tensor([1.0, 0.0, 2.0], dtype=torch.float64)
    problem = LeastSquares(
        descent,
        lambda x: matrix @ x - target,
        [9.0, -9.0],
        gauss_newton_param={"damping": 0, "tolerance": 0},
    )
    problem.run.run(1)
    expected = torch.linalg.lstsq(matrix, target.unsqueeze(1)).solution.flatten()
    assert problem.run.param.tolist() == pytest.approx(expected.tolist(), abs=1e-9)


def test_damping_is_that_by_hand(descent):
    # r = x - 3: the step is -(1 + t)^-1 * (x - 3), t = 1; predicted well, so t falls to 1/3
    problem = LeastSquares(descent, lambda x: x - 3, [7.0], gauss_newton_param={"damping": 1})
    problem.run.run(1)
    assert problem.run.param.item() == pytest.approx(5)
    problem.run.run(1)
    assert problem.run.param.item() == pytest.approx(5 - 2 / (1 + 1 / 3))


def test_learning_rate_divides_the_damping(descent):
    problem = LeastSquares(descent, lambda x: x - 3, [7.0], gauss_newton_param={"damping": 1})
    problem.run.run(1, lr=0.5)
    assert problem.run.param.item() == pytest.approx(7 - 4 / 3)


def test_minimum_of_rosenbrock_is_reached(descent):
    problem = LeastSquares(descent, rosenbrock, [-1.2, 1.0])
    losses = problem.run.run(18)
    assert losses[0] == pytest.approx(24.2)
    assert losses == sorted(losses, reverse=True)
    assert problem.run.param.tolist() == pytest.approx([1, 1], abs=1e-6)


def test_step_that_does_not_lower_the_loss_is_made_anew_with_more_damping(descent):
    # Gauss-Newton's own step on atan goes too far from 3
    problem = LeastSquares(descent, torch.atan, [3.0], gauss_newton_param={"damping": 0})
    losses = problem.run.run(12)
    assert losses == sorted(losses, reverse=True)
    assert problem.matrices > 12
    assert problem.run.param.item() == pytest.approx(0, abs=1e-6)


def test_stuck_is_set_at_a_minimum(descent):
    problem = LeastSquares(descent, lambda x: x, [0.0])
    problem.run.run(1)
    assert problem.run.rule.stuck


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"damping": -1}, "gauss_newton_param.damping is -1"),
        ({"tolerance": 2}, "gauss_newton_param.tolerance is 2"),
        ({"max_products": 0}, "gauss_newton_param.max_products is 0"),
        ({"max_attempts": 0}, "gauss_newton_param.max_attempts is 0"),
    ],
)
def test_faults(settings, says):
    param = SolverParameter(type="GaussNewton", gauss_newton_param=settings)
    with pytest.raises(ConfigError, match=says):
        make_rule(param, [UpdateParam(nn.Parameter(torch.zeros(2)))])


def test_resumes(resumes_descent):
    resumes_descent(type="GaussNewton")  # the fixture's matrix is the whole Hessian
