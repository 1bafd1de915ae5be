from __future__ import annotations

import pytest
import torch
from torch import nn

from layerzoo.errors import ConfigError
from layerzoo.optimizer import UpdateParam, check_rule, make_rule, rule_name
from layerzoo.schema import SolverParameter


def test_rule_name_of_old_enum_and_default():
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
        ({"type": "LBFGS", "clip_gradients": 1}, "clip_gradients", "clip_gradients doesn't work with LBFGS"),
        (
            {"decoupled_weight_decay": True, "regularization_type": "L1"},
            "regularization_type",
            "regularization_type L1 doesn't work with decoupled_weight_decay, whose decay is proportional",
        ),
    ],
)
def test_check_rule_names_the_field(solver, field, says):
    (fault,) = check_rule(SolverParameter(**solver))
    assert fault.field == field
    assert says in fault.message
    with pytest.raises(ConfigError):
        make_rule(SolverParameter(**solver), [UpdateParam(nn.Parameter(torch.ones(1)))])


def test_check_rule_lists_all_faults():
    assert len(check_rule(SolverParameter(type="RMSProp", momentum=1, rms_decay=2, iter_size=0))) == 3


def test_make_rule_freezes():
    weights = [nn.Parameter(torch.ones(1)) for _ in range(2)]
    params = [UpdateParam(w, name=f"conv{i}.weight") for i, w in enumerate(weights)]
    rule = make_rule(SolverParameter(freeze=["conv0"]), params)
    for weight in weights:
        weight.grad = torch.ones(1)
    rule.step(0.5, 0)
    assert [w.item() for w in weights] == [1, 0.5]
    assert [w.requires_grad for w in weights] == [False, True]


def test_make_rule_refuses_freeze_of_all_params():
    params = [UpdateParam(nn.Parameter(torch.ones(1)), name="ip.weight")]
    with pytest.raises(ConfigError, match="freeze leaves no param to learn"):
        make_rule(SolverParameter(freeze=["*"]), params)
