"""The nets that a solver names."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader import load_solver, parse_solver
from layerzoo.schema import TEST, TRAIN, NetState
from layerzoo.solver.config import nets
from layerzoo.solver.config.nets import named_nets, train_plan, weights_files
from layerzoo.zoo.store import SHIPPED

NET = "net_param { name: 'n' state { level: 2 stage: 'own' } }"


def test_train_plan_merges_states_and_the_command_line() -> None:
    param = parse_solver(NET + " train_state { stage: 'said' }").message
    plan = train_plan(param, named_nets(param), NetState(level=5, stage=["asked"]))
    assert (plan.state.phase, plan.state.level) == (TRAIN, 5)
    assert list(plan.state.stage) == ["own", "said", "asked"]
    assert train_plan(param, named_nets(param), NetState()).state.level == 2


@pytest.mark.parametrize("text", ["base_lr: 1", NET + " train_net_param { }"])
def test_train_plan_needs_exactly_one_net(text: str) -> None:
    param = parse_solver(text).message
    with pytest.raises(ConfigError, match=r"names (no net|2 nets) to train"):
        train_plan(param, named_nets(param), NetState())


def test_test_plans_take_named_nets_first_then_the_generic_one() -> None:
    text = "test_net_param { name: 'a' } test_iter: 3 test_iter: 4 test_iter: 5 test_interval: 1 "
    param = parse_solver(NET + text + "test_state { level: 7 } test_state {} test_state {}").message
    plans = nets.test_plans(param, named_nets(param))
    assert [(plan.source.name, plan.iterations) for plan in plans] == [("a", 3), ("n", 4), ("n", 5)]  # type: ignore[union-attr]
    assert [(plan.state.phase, plan.state.level) for plan in plans] == [(TEST, 7), (TEST, 2), (TEST, 2)]


def test_test_plans_without_test_iter_test_whole_sets() -> None:
    param = parse_solver(NET + " test_interval: 1").message
    assert [plan.iterations for plan in nets.test_plans(param, named_nets(param))] == [None]
    assert nets.test_plans(parse_solver(NET).message, named_nets(param)) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("test_net_param {} test_net_param {} test_iter: 1 test_interval: 1", "1 test_iter for 2 test nets"),
        ("train_net_param {} test_iter: 1 test_interval: 1", "1 test_iter for 0 test nets"),
        (NET + "test_iter: 1 test_interval: 1 test_state {} test_state {}", "2 test_state for 1 test nets"),
    ],
)
def test_test_plans_refuse_counts_that_do_not_fit(text: str, message: str) -> None:
    param = parse_solver(text).message
    with pytest.raises(ConfigError, match=message):
        nets.test_plans(param, named_nets(param))


def test_named_nets_come_from_files_beside_the_solver(tmp_path: Path) -> None:
    (tmp_path / "n.prototxt").write_text('name: "from_file"')
    (tmp_path / "s.prototxt").write_text('net: "n.prototxt"')
    (net,) = named_nets(load_solver(tmp_path / "s.prototxt")).generic
    assert net.message.name == "from_file"  # type: ignore[union-attr]


def test_weights_files_are_looked_for_beside_the_solver(tmp_path: Path) -> None:
    (tmp_path / "a.caffemodel").touch()
    (tmp_path / "s.prototxt").write_text("base_lr: 1")
    solver = load_solver(tmp_path / "s.prototxt")
    assert weights_files(["a.caffemodel, b.h5", "c.h5"], solver) == [
        tmp_path / "a.caffemodel",
        Path("b.h5"),
        Path("c.h5"),
    ]
    assert weights_files([]) == []


def test_weights_files_of_the_zoo_are_found_by_their_entry(tmp_path: Path) -> None:
    (tmp_path / "own.safetensors").touch()
    (tmp_path / "s.yaml").write_text("weights: ['zoo:lenet-digits, own.safetensors', 'zoo:lenet-digits@1']")
    solver = load_solver(tmp_path / "s.yaml")
    shipped = SHIPPED / "lenet-digits" / "1" / "weights.safetensors"
    assert weights_files(solver.message.weights, solver) == [shipped, tmp_path / "own.safetensors", shipped]
    assert weights_files(["zoo:lenet-digits"]) == [shipped]


def test_weights_files_name_each_missing_entry_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(
        "weights:\n- own.h5\n- zoo:lenet-digit\n- zoo:lenet-digits@9\n- zoo:../x\n"
    )
    solver = load_solver(tmp_path / "s.yaml")
    with pytest.raises(ConfigError) as raised:
        weights_files(solver.message.weights, solver)
    assert [fault.field for fault in raised.value.faults] == ["weights"] * 3
    name, version, path = map(str, raised.value.faults)
    assert f"{tmp_path / 's.yaml'}:3:3: no zoo entry 'lenet-digit'" in name
    assert "did you mean 'lenet-digits'?" in name
    assert "s.yaml:4:3: no version '9' of zoo entry 'lenet-digits'; versions: 1" in version
    assert "s.yaml:5:3: '../x' is not a valid name" in path
    with pytest.raises(ConfigError, match="no zoo entry 'none'"):
        weights_files(["zoo:none"])
