"""Checks of a solver and its nets: all faults are raised together."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import ConfigError, Fault
from layerzoo.loader import load_solver, parse_solver
from layerzoo.solver import check_solver

NET = """
layer { name: "d" type: "Dataset" top: "x" top: "t" dataset_param { name: "digits" batch_size: 4 } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 10 } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "a" bottom: "t" top: "l" }
"""


def faults(folder: Path, solver: str, net: str = NET) -> list[str]:
    (folder / "net.prototxt").write_text(net)
    (folder / "s.prototxt").write_text(solver)
    found: list[Fault] = []
    document = load_solver(folder / "s.prototxt", faults=found)
    with pytest.raises(ConfigError) as raised:
        check_solver(document, found=found)
    return [str(f).splitlines()[0].removeprefix(f"{folder}/") for f in raised.value.faults]


def test_check_solver_returns_the_graphs(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "s.prototxt").write_text(
        'net: "net.prototxt" base_lr: 1 lr_policy: "fixed" test_iter: 3 test_iter: 4 test_interval: 5'
    )
    checked = check_solver(load_solver(tmp_path / "s.prototxt"))
    assert [layer.name for layer in checked.train.layers] == ["d", "a", "l"]
    assert [iterations for _, iterations in checked.test] == [3, 4]


def test_check_solver_raises_all_faults_in_text_order(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        'net: "net.prototxt"\nbase_lr: 1\nlr_policy: "step"\ntype: "Sdg"\ndisplay: -1\n',
        NET.replace("InnerProduct", "InnerProdukt"),
    )
    assert found == [
        "s.prototxt:3:12: lr_policy 'step' needs gamma, which is not given",
        "s.prototxt:3:12: lr_policy 'step' needs stepsize, which is not given",
        "s.prototxt:4:7: unknown solver type 'Sdg'; did you mean 'SGD'?",
        "s.prototxt:5:10: display is -1; it has to be 0 or more",
        "net.prototxt:3:25: unknown layer type 'InnerProdukt' (layer 'a')",
    ]


def test_check_solver_does_not_call_unreadable_fields_missing(tmp_path: Path) -> None:
    found = faults(tmp_path, 'net: "nett.prototxt"\nbase_lr: 1\nlr_polcy: "fixed"\n')
    assert [line.split(": ", 1)[1] for line in found] == [
        "no file 'nett.prototxt'",
        "unknown field 'lr_polcy' in a solver",
    ]


def test_check_solver_checks_values_beside_unreadable_ones(tmp_path: Path) -> None:
    found = faults(tmp_path, 'net: "net.prototxt"\nbase_lr: abc\nlr_policy: "fixd"\ndisplay: -1\n', NET)
    assert found == [
        "s.prototxt:2:10: 'base_lr' takes a number, not 'abc'",
        "s.prototxt:3:12: unknown lr_policy 'fixd'; did you mean 'fixed'?",
        "s.prototxt:4:10: display is -1; it has to be 0 or more",
    ]


def test_check_solver_does_not_call_unreadable_arguments_missing(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "s.prototxt").write_text('net: "net.prototxt"\nbase_lr: 1\nlr_policy: "fixed"\n')
    said: list[Fault] = []
    document = load_solver(tmp_path / "s.prototxt", ["base_lr=abc"], faults=said)
    with pytest.raises(ConfigError) as caught:
        check_solver(document, found=said)
    assert [fault.message for fault in caught.value.faults] == ["'base_lr' takes a number, not 'abc'"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the solver names no net to train"),
        ("train_net_param {} net_param {}", "the solver names 2 nets to train"),
        ("train_net_param {} test_iter: 1 test_interval: 1", "1 test_iter for 0 test nets"),
        (
            "net_param {} test_iter: 1 test_interval: 1 test_state {} test_state {}",
            "2 test_state for 1 test nets",
        ),
    ],
)
def test_check_solver_refuses_nets_that_do_not_match(text: str, message: str) -> None:
    document = parse_solver(f'base_lr: 1 lr_policy: "fixed" {text}')
    with pytest.raises(ConfigError, match=message):
        check_solver(document)


@pytest.mark.parametrize(
    ("text", "line", "given", "interval"),
    [
        ("test_iter: 2\n", "4:12", "test_iter", "not given"),
        ("test_interval: 0\ntest_iter: 2\n", "5:12", "test_iter", "0"),
        ('test_net: "net.prototxt"\n', "4:11", "test_net", "not given"),
    ],
)
def test_check_solver_refuses_tests_without_an_interval(
    tmp_path: Path, text: str, line: str, given: str, interval: str
) -> None:
    found = faults(tmp_path, 'net: "net.prototxt"\nbase_lr: 1\nlr_policy: "fixed"\n' + text)
    wanted = f"s.prototxt:{line}: {given} is given, but test_interval is {interval}: nothing would be tested"
    assert found[0] == wanted


def test_check_solver_accepts_tests_by_epochs(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "s.prototxt").write_text(
        'net: "net.prototxt" base_lr: 1 lr_policy: "fixed" test_iter: 3 test_epoch: 1'
    )
    assert len(check_solver(load_solver(tmp_path / "s.prototxt")).test) == 1


def test_check_solver_merges_states_like_caffe() -> None:
    net = (
        'state { level: 1 stage: "n" } '
        'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 } } } '
        'layer { name: "train" type: "Power" bottom: "x" top: "p" '
        'include { phase: TRAIN stage: "s" stage: "c" } } '
        'layer { name: "test" type: "Power" bottom: "x" top: "q" '
        'include { phase: TEST min_level: 3 stage: "n" } } '
    )
    document = parse_solver(
        f'base_lr: 1 lr_policy: "fixed" net_param {{ {net} }} train_state {{ stage: "s" }} '
        "test_iter: 1 test_interval: 1 test_state { level: 3 }"
    )
    checked = check_solver(document, stages=("c",))
    assert [layer.name for layer in checked.train.layers] == ["in", "train"]
    assert [layer.name for layer in checked.test[0][0].layers] == ["in", "test"]


def test_check_solver_points_at_the_element_of_a_list(tmp_path: Path) -> None:
    text = 'net: "net.prototxt"\nbase_lr: 1\nlr_policy: "fixed"\ntest_interval: 1\ntest_iter: [5, 0]\n'
    assert faults(tmp_path, text, NET) == [
        "s.prototxt:5:16: test_iter is 0: a test of no batches has no score"
    ]
