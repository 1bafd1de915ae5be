from __future__ import annotations

import pytest
import torch
from torch import nn

from layerzoo.errors import ConfigError
from layerzoo.optimizer import UpdateParam, make_rule
from layerzoo.schema import SolverParameter

EXACT = {"line_search_param": {"method": "EXACT", "tolerance": 1e-12}}
MATRIX = torch.tensor([[4.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 2.0]], dtype=torch.float64)
TARGET = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)


def quadratic(x):
    return x @ MATRIX @ x / 2 - TARGET @ x


def test_inverse_hessian_of_a_quadratic_is_exact_after_as_many_steps_as_unknowns(descent):
    run = descent(quadratic, [0.0, 0.0, 0.0], type="BFGS", **EXACT)
    run.run(3)
    assert run.param.tolist() == pytest.approx(torch.linalg.solve(MATRIX, TARGET).tolist(), abs=1e-9)
    assert torch.allclose(run.rule.history[2], torch.linalg.inv(MATRIX), atol=1e-6)
    assert run.rule.updates == 3


def test_first_update_is_that_by_hand(descent):
    # f = x^2 from 4 by a step of 1 to 3: s = -1, y = -2; H = s^2 / (s y) = 0.5, Newton's
    run = descent(lambda x: (x**2).sum(), [4.0], type="BFGS", line_search_param={"curvature": 0.99})
    run.run(1)
    assert run.param.item() == pytest.approx(3)
    assert run.rule.history[2].item() == pytest.approx(0.5)
    run.run(1)
    assert run.param.item() == pytest.approx(0, abs=1e-12)


def test_minimum_of_rosenbrock_is_reached(descent, rosenbrock):
    run = descent(rosenbrock, [-1.2, 1.0], type="BFGS")
    losses = run.run(40)
    assert losses == sorted(losses, reverse=True)
    assert run.param.tolist() == pytest.approx([1, 1], abs=1e-6)
    assert run.evaluations < 50


def test_matrix_that_is_too_large_is_a_fault():
    params = [UpdateParam(nn.Parameter(torch.zeros(60, 50))), UpdateParam(nn.Parameter(torch.zeros(9)), 0.0)]
    with pytest.raises(ConfigError) as caught:
        make_rule(SolverParameter(type="BFGS", bfgs_param={"max_params": 2999}), params)
    (fault,) = caught.value.faults
    assert fault.field == "bfgs_param.max_params"
    assert "3,000 x 3,000 numbers" in fault.message
    assert "34.3 MiB in FP32; bfgs_param.max_params allows 2,999 values" in fault.message
    assert "LBFGS" in str(fault.hint)
    make_rule(SolverParameter(type="BFGS", bfgs_param={"max_params": 3000}), params)


def test_resumes(resumes_descent):
    resumes_descent(type="BFGS")
