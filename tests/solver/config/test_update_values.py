"""Faults of updates that show without the net."""

from __future__ import annotations

import pytest

from layerzoo.errors import Fault
from layerzoo.loader import parse_solver
from layerzoo.solver.config.update_values import update_faults
from tests.solver.gan import D, G, text


def faults(config: str) -> list[Fault]:
    return update_faults(parse_solver(config).message)


CASES = {
    "no name": ('update { layer: "D" loss: "l" }', "update[0]", "an update needs a name"),
    "bad name": ('update { name: "a b" layer: "D" }', "update[0].name", "update 'a b': a name has letters"),
    "two of a name": (f"{D} }} {D} }}", "update[1].name", "two updates are named 'discriminate'"),
    "others": (
        'update { name: "others" layer: "D" }',
        "update[0].name",
        "'others' is the name of the params",
    ),
    "no layer": ('update { name: "a" loss: "l" }', "update[0]", "update 'a' names no layer"),
    "mixed": (
        f'{D} }} update {{ name: "g" layer: "G" }}',
        "update[1]",
        "update 'g' has no loss, but others have",
    ),
    "times 0": (f"{D} times: 0 }}", "update[0].times", "times is 0; expected 1 to 10,000"),
    "every 0": (f"{D} every: 0 }}", "update[0].every", "every is 0; expected 1 to"),
    "times of a group": (
        'update { name: "a" layer: "D" times: 2 }',
        "update[0].times",
        "times needs losses",
    ),
    "stage of a group": (
        'update { name: "a" layer: "D" stage: "s" }',
        "update[0].stage",
        "stage needs losses",
    ),
    "two rates": (
        f"{D} base_lr: 1 lr_mult: 2 }}",
        "update[0].lr_mult",
        "both base_lr and lr_mult are given",
    ),
    "unknown type": (f"{D} type: 'Adm' }}", "update[0].type", "unknown solver type 'Adm'"),
    "full batch": (f"{D} type: 'LBFGS' }}", "update[0].type", "LBFGS searches along one direction"),
    "momentum": (f"{D} type: 'Adam' momentum: 2 }}", "update[0].momentum", "momentum is 2; Adam needs it"),
    "momentum of the solver": (
        f"{D} type: 'AdaGrad' }}",
        "update[0].type",
        "momentum is 0.9, but AdaGrad has no",
    ),
    "not finite": (f"{D} base_lr: nan }}", "update[0].base_lr", "base_lr is nan; expected a finite number"),
    "factor not finite": (f"{D} lr_mult: inf }}", "update[0].lr_mult", "lr_mult is inf; expected a finite"),
    "clipped to 0": (f"{D} clip_gradients: 0 }}", "update[0].clip_gradients", "clip_gradients is 0, which"),
    "momentum of 1": (f"{D} momentum: 1 }}", "update[0].momentum", "momentum is 1; it has to be below 1"),
    "long pattern": (
        D + f'layer: "{"x" * 1001}" }}',
        "update[0].layer",
        "the name or pattern of a layer has at most 1000",
    ),
    "unknown type of the solver": (f"{D} type: 'SGD' }} type: 'Foo'", "type", "unknown solver type 'Foo'"),
    "debug_info": (
        f"{D} }} debug_info: true",
        "debug_info",
        "debug_info shows the one pass of an iteration",
    ),
    "plateau_winsize": (
        f"{D} }} plateau_winsize: 3",
        "plateau_winsize",
        "plateau_winsize follows the loss",
    ),
    "wild": (
        D + 'layer: "b*" ' * 101 + "}",
        "update[0].layer",
        "the updates take at most 100 patterns",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_faults_name_the_field_of_the_update(case: str) -> None:
    updates, field, message = CASES[case]
    found = {fault.field: fault.message for fault in faults(text(updates))}
    assert list(found) == [field]
    assert found[field].startswith(message)


def test_base_lr_is_in_proportion_to_the_solvers() -> None:
    config = text(f"{D} base_lr: 0.1 }}")
    zero = config.replace("base_lr: 0.1 momentum", "base_lr: 0 momentum")
    assert [fault.message for fault in faults(zero)] == [
        "base_lr of update 'discriminate' is in proportion to the solver's, which is 0 or not given"
    ]
    stages = config.replace('"fixed"', '"multifixed" stagelr: 0.1 stageiter: 9')
    assert [fault.field for fault in faults(stages)] == ["update[0].base_lr"]


def test_many_updates_are_refused_at_once() -> None:
    many = text("".join(f'update {{ name: "u{i}" layer: "D" }} ' for i in range(101)))
    assert [fault.message for fault in faults(many)] == ["101 updates; a solver has at most 100"]


def test_solvers_without_faults_have_none() -> None:
    assert faults(text(f"{D} times: 5 }} {G} type: 'Adam' }}")) == []
    assert faults(text("")) == []


def test_full_batch_rules_of_the_solver_are_refused_for_updates_that_follow_it() -> None:
    config = text(f"{D} }} type: 'LBFGS'").replace("momentum: 0.9", "")
    assert [(fault.field, fault.message[:25]) for fault in faults(config)] == [
        ("type", "LBFGS searches along one ")
    ]
