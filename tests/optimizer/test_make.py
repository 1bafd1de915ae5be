from __future__ import annotations

import pytest
import torch
from torch import nn

from layerzoo.errors import ConfigError
from layerzoo.optimizer import UpdateParam, check_rule, make_rule, rule_name
from layerzoo.schema import SolverParameter


def test_old_enum_and_default():
    assert rule_name(SolverParameter(solver_type=SolverParameter.RMSPROP)) == "RMSProp"
    assert rule_name(SolverParameter(type="Lion")) == "Lion"
    assert rule_name(SolverParameter()) == "SGD"


@pytest.mark.parametrize(
    ("solver", "field", "says"),
    [
        ({"type": "adam"}, "type", "unknown solver type 'adam'; did you mean 'Adam'"),
        ({"type": "SGD", "solver_type": 0}, "solver_type", "both type and the old solver_type are given"),
        ({"type": "AdaGrad", "momentum": 0.9}, "momentum", "momentum is 0.9, but AdaGrad has no momentum"),
        ({"type": "RMSProp", "momentum": 0.5}, "momentum", "RMSProp has no momentum"),
        ({"iter_size": 0}, "iter_size", "iter_size is 0; it has to be 1 or more"),
        ({"regularization_type": "L3"}, "regularization_type", "unknown regularization_type 'L3'"),
        ({"type": "LBFGS", "clip_gradients": 1}, "clip_gradients", "so clip_gradients can't act"),
        (
            {"decoupled_weight_decay": True, "regularization_type": "L1"},
            "regularization_type",
            "regularization_type is L1, but decoupled_weight_decay decays params in proportion",
        ),
    ],
)
def test_faults_name_their_field(solver, field, says):
    (fault,) = check_rule(SolverParameter(**solver))
    assert fault.field == field
    assert says in fault.message
    with pytest.raises(ConfigError):
        make_rule(SolverParameter(**solver), [UpdateParam(nn.Parameter(torch.ones(1)))])


def test_all_faults_at_once():
    assert len(check_rule(SolverParameter(type="RMSProp", momentum=1, rms_decay=2, iter_size=0))) == 3


def test_freeze_acts():
    weights = [nn.Parameter(torch.ones(1)) for _ in range(2)]
    params = [UpdateParam(w, name=f"conv{i}.weight") for i, w in enumerate(weights)]
    rule = make_rule(SolverParameter(freeze=["conv0"]), params)
    for weight in weights:
        weight.grad = torch.ones(1)
    rule.step(0.5, 0)
    assert [w.item() for w in weights] == [1, 0.5]
    assert [w.requires_grad for w in weights] == [False, True]


def test_nothing_left_to_learn():
    params = [UpdateParam(nn.Parameter(torch.ones(1)), name="ip.weight")]
    with pytest.raises(ConfigError, match="freeze leaves no param to learn"):
        make_rule(SolverParameter(freeze=["*"]), params)
