from __future__ import annotations

import pytest
import torch
from torch import nn

from layerzoo.errors import SnapshotError
from layerzoo.optimizer import RULES, UpdateParam, make_rule
from layerzoo.schema import SolverParameter


def rule(type_name, *shapes):
    params = [UpdateParam(nn.Parameter(torch.zeros(s)), name=f"l{i}.weight") for i, s in enumerate(shapes)]
    return make_rule(SolverParameter(type=type_name), params)


def test_rules_are_caffes_and_ours():
    caffes = {"SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam"}
    descents = {"GradientDescent", "NonlinearCG", "LBFGS", "BFGS", "Newton", "NewtonCG", "GaussNewton"}
    new = {"SimulatedAnnealing", "Muon", "Adafactor", "ScheduleFreeSGD", "ScheduleFreeAdamW"}
    assert set(RULES) == caffes | descents | {"AdamW", "LAMB", "LARS", "Lion"} | new


def test_docstrings_give_source_and_history():
    for name in RULES:
        assert "Source:" in (RULES[name].__doc__ or ""), name
        assert "History: " in (RULES[name].__doc__ or ""), name


def test_history_is_ordered_by_slot_and_loaded_in_place():
    adam = rule("Adam", (2, 3), (4,))
    assert [tuple(h.shape) for h in adam.history] == [(2, 3), (4,), (2, 3), (4,)]
    addresses = [h.data_ptr() for h in adam.history]
    adam.load_history([torch.full((1, 1, 2, 3), 1.0), torch.full((4,), 2.0), torch.ones(6), torch.ones(4)])
    assert [h.data_ptr() for h in adam.history] == addresses
    assert adam.history[0].tolist() == [[1.0] * 3] * 2


@pytest.mark.parametrize(
    ("saved", "says"),
    [
        ([(2, 3), (4,)], r"the snapshot has 2 history blobs; Adam over 2 params has 4: .* another type"),
        ([(2, 3), (4,), (3, 3), (4,)], r"history blob 2 of the snapshot is \(3, 3\); that of 'l0.weight' is"),
    ],
)
def test_load_history_refuses_another_solvers_or_nets(saved, says):
    adam = rule("Adam", (2, 3), (4,))
    with pytest.raises(SnapshotError, match=says):
        adam.load_history([torch.ones(s) for s in saved])
    assert not any(h.any() for h in adam.history)
