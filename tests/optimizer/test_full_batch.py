from __future__ import annotations

import pytest
import torch
from torch import nn

from layerzoo.errors import ConfigError
from layerzoo.optimizer import FullBatchRule, UpdateParam, make_rule
from layerzoo.schema import SolverParameter


def lbfgs(**fields):
    params = [nn.Parameter(torch.tensor([1.0, 2.0])), nn.Parameter(torch.tensor([[3.0]]))]
    constant = nn.Parameter(torch.tensor([9.0]))
    rule = make_rule(
        SolverParameter(type="LBFGS", **fields),
        [UpdateParam(params[0]), UpdateParam(constant, lr_mult=0), UpdateParam(params[1], 2, 3)],
    )
    assert isinstance(rule, FullBatchRule)
    return params, rule


def test_parameters_are_one_vector_without_the_constant():
    params, rule = lbfgs()
    assert rule.parameters().tolist() == [1, 2, 3]
    rule.move_to(torch.tensor([4.0, 5.0, 6.0]))
    assert [p.tolist() for p in params] == [[4, 5], [[6]]]
    assert rule.precondition(torch.ones(3)).tolist() == [1, 1, 2]


def test_measure_includes_weight_decay():
    params, rule = lbfgs(weight_decay=0.5, iter_size=2)

    def closure():
        params[0].grad, params[1].grad = torch.tensor([2.0, 4.0]), None
        return torch.tensor(10.0)

    value, loss, gradient = rule.measure(closure)
    assert loss == 10
    assert value == 10 + (0.5 * (1 + 4) + 1.5 * 9) / 2
    assert gradient.tolist() == [1 + 0.5, 2 + 1, 4.5]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"momentum": 0.9}, "momentum is 0.9, but LBFGS has no momentum"),
        ({"clip_gradients": 1}, "clip_gradients doesn't work with LBFGS, which needs a smooth, exact loss"),
        ({"regularization_type": "L3"}, "unknown regularization_type 'L3'"),
        ({"l1_ratio": 2}, "l1_ratio is 2; it has to be between 0 and 1"),
        ({"clamp_weights_lower": -1}, "clamp_weights_lower doesn't work with LBFGS"),
        ({"decoupled_weight_decay": True}, "decoupled_weight_decay doesn't work with LBFGS"),
        ({"gradient_noise_param": {}}, "gradient_noise_param doesn't work with LBFGS"),
        ({"lbfgs_param": {"memory": 0}}, "lbfgs_param.memory is 0"),
        ({"line_search_param": {"shrink": 1}}, "line_search_param.shrink is 1"),
        ({"line_search_param": {"curvature": 1}}, "line_search_param.curvature is 1"),
        ({"line_search_param": {"tolerance": 1}}, "line_search_param.tolerance is 1"),
        ({"line_search_param": {"max_evaluations": 0}}, "line_search_param.max_evaluations is 0"),
    ],
)
def test_faults(fields, says):
    with pytest.raises(ConfigError, match=says):
        lbfgs(**fields)


@pytest.mark.parametrize("type_name", ["LBFGS", "NonlinearCG"])
@pytest.mark.parametrize("count", [0, 1])
def test_rule_without_params_to_move_only_measures(type_name, count):
    param = nn.Parameter(torch.tensor([9.0]))
    rule = make_rule(
        SolverParameter(type=type_name, weight_decay=0.5), [UpdateParam(param, lr_mult=0)][:count]
    )
    assert isinstance(rule, FullBatchRule)
    assert rule.step(1.0, 0, lambda: torch.tensor(3.0)) == 3
    assert param.tolist() == [9]


def test_l1_is_part_of_value_and_gradient():
    params, rule = lbfgs(weight_decay=0.5, regularization_type="L1L2", l1_ratio=0.25)

    def closure():
        params[0].grad, params[1].grad = torch.tensor([2.0, 0.1]), torch.tensor([[-1.0]])
        return torch.tensor(10.0)

    params[0].data.copy_(torch.tensor([-1.0, 0.0]))
    params[1].data.zero_()
    value, loss, gradient = rule.measure(closure)
    assert loss == 10
    assert value == 10 + 0.125 * 1 + 0.375 * 1 / 2
    # the least subgradient at 0: |0.1| is less than 0.125; |-1| is more than 3 * 0.125
    assert gradient.tolist() == pytest.approx([2 - 0.375 - 0.125, 0, -1 + 0.375])


@pytest.mark.parametrize(
    "type_name", ["GradientDescent", "NonlinearCG", "LBFGS", "BFGS", "Newton", "NewtonCG", "GaussNewton"]
)
@pytest.mark.parametrize("method", ["STRONG_WOLFE", "BACKTRACKING", "EXACT"])
def test_minimum_with_l1_is_that_of_coordinate_descent(descent, type_name, method):
    # the lasso by an independent method: cyclic coordinate descent with soft thresholds
    generator = torch.Generator().manual_seed(1)
    matrix = torch.randn(20, 6, generator=generator, dtype=torch.float64)
    target = torch.randn(20, generator=generator, dtype=torch.float64)
    decay, ratio = 8.0, 0.75
    expected = torch.zeros(6, dtype=torch.float64)
    for _ in range(500):
        for i in range(6):
            rest = target - matrix @ expected + matrix[:, i] * expected[i]
            along = float(matrix[:, i] @ rest)
            shrunk = max(abs(along) - decay * ratio, 0.0) * (1 if along > 0 else -1)
            expected[i] = shrunk / (float(matrix[:, i] @ matrix[:, i]) + decay * (1 - ratio))
    assert 0 < int((expected == 0).sum()) < 6
    run = descent(
        lambda x: ((matrix @ x - target) ** 2).sum() / 2,
        [0.3, -0.3, 0.3, -0.3, 0.3, -0.3],
        type=type_name,
        weight_decay=decay,
        regularization_type="L1L2",
        l1_ratio=ratio,
        line_search_param={"method": method},
    )
    for _ in range(300):
        run.run(1)
        if run.rule.stuck:
            break
    assert run.param.tolist() == pytest.approx(expected.tolist(), abs=1e-4)
    assert (run.param == 0).tolist() == (expected == 0).tolist()
