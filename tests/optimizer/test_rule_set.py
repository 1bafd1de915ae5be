"""Several rules: history by name, rates, and seeds of their own."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from layerzoo.errors import SnapshotError
from layerzoo.optimizer import RuleSet, UpdateParam, UpdatePlan, make_rule
from layerzoo.schema import SolverParameter


def rules(*plans: tuple[str, str, list[int]], noise: bool = False, **fields: float) -> RuleSet:
    """Rules over three params of 1, 2 and 3 elements."""
    solver = SolverParameter(base_lr=0.1, momentum=0.5)
    if noise:
        solver.gradient_noise_param.eta = 0.1
    params = [UpdateParam(nn.Parameter(torch.ones(size)), name=f"p{size}.weight") for size in (1, 2, 3)]
    updates = []
    for name, kind, own in plans:
        settings = SolverParameter()
        settings.CopyFrom(solver)
        settings.type = kind
        updates.append(UpdatePlan(name, settings, own, **fields))  # type: ignore[arg-type]
    made = make_rule(solver, params, 1, updates)
    assert isinstance(made, RuleSet)
    return made


def test_history_is_in_the_order_of_names() -> None:
    made = rules(("z", "SGD", [0]), ("a", "Adam", [1, 2]))
    assert [tensor.numel() for tensor in made.history] == [2, 3, 2, 3, 1]
    assert [param.numel() for param in made.owners] == [2, 3, 2, 3, 1]
    assert made.type_name == "a: Adam, z: SGD"


def test_one_update_has_the_history_of_all_params() -> None:
    made = rules(("only", "SGD", [1]))
    assert [tensor.numel() for tensor in made.history] == [1, 2, 3]
    assert made.type_name == "SGD"
    assert [param.numel() for param in made.members[0].moving] == [2]
    assert [param.param.requires_grad for param in made.params] == [False, True, False]


def test_history_of_another_solver_is_refused() -> None:
    made = rules(("z", "SGD", [0]), ("a", "Adam", [1, 2]))
    with pytest.raises(SnapshotError, match=r"4 history blobs; a: Adam, z: SGD has 5: .* other updates"):
        made.check_history(made.history[:4])
    wrong = [*made.history[:4], torch.zeros(7)]
    with pytest.raises(SnapshotError, match=r"update 'z': history blob 0 of the snapshot is \(7,\); that of"):
        made.load_history(wrong)
    made.load_history([torch.full_like(tensor, i) for i, tensor in enumerate(made.history)])
    assert [float(tensor[0]) for tensor in made.members[1].rule.history] == [0, 1, 2, 3]


def test_rates_are_in_proportion() -> None:
    own = rules(("a", "SGD", [0]), base_lr=0.3).members[0]
    assert own.rate(own.base_lr) == 0.3
    assert own.rate(own.base_lr / 2) == pytest.approx(0.15)
    assert rules(("a", "SGD", [0]), lr_mult=0.25).members[0].rate(2.0) == 0.5
    assert rules(("a", "SGD", [0])).members[0].rate(2.0) == 2.0


def test_step_moves_all_params_by_their_rules() -> None:
    made = rules(("a", "SGD", [0]), ("b", "Adam", [1, 2]))
    for param in made.params:
        param.param.grad = torch.full_like(param.param, 4.0)
    made.step(0.1, 0)
    moved = [1 - float(param.param.detach()[0]) for param in made.params]
    assert moved == pytest.approx([0.4, 0.1, 0.1], rel=1e-5)


def test_noise_differs_between_updates_and_follows_the_seed() -> None:
    made = rules(("a", "SGD", [0]), ("b", "SGD", [1, 2]), noise=True)
    assert made.members[0].rule.seed != made.members[1].rule.seed
    before = made.members[0].rule.seed
    made.seed = 2
    assert made.members[0].rule.seed != before
    made.seed = 1
    assert made.members[0].rule.seed == before
