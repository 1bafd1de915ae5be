"""Converting configs between formats."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader import convert, convert_text, load_net, load_solver, parse_either
from layerzoo.loader.files import PACKAGE
from layerzoo.schema import NetParameter, SolverParameter

CONFIGS = sorted(p.name for p in (PACKAGE / "configs").iterdir() if p.suffix in {".yaml", ".prototxt"})


@pytest.mark.parametrize("name", CONFIGS)
def test_shipped_configs_convert_there_and_back(name: str, tmp_path: Path) -> None:
    document = convert(PACKAGE / "configs" / name, tmp_path / "a.yaml")
    convert(tmp_path / "a.yaml", tmp_path / "b.prototxt")
    last = convert(tmp_path / "b.prototxt", tmp_path / "c.yaml")
    assert last.message == document.message
    assert (tmp_path / "c.yaml").read_text() == (tmp_path / "a.yaml").read_text()


def test_configs_are_shipped() -> None:
    assert len(CONFIGS) >= 10


def test_solver_is_recognised_and_needs_no_net(tmp_path: Path) -> None:
    (tmp_path / "s.prototxt").write_text('net: "nowhere.prototxt" base_lr: 0.1')
    convert(tmp_path / "s.prototxt", tmp_path / "s.yaml")
    assert (tmp_path / "s.yaml").read_text() == "net: nowhere.prototxt\nbase_lr: 0.1\n"
    assert isinstance(parse_either("base_lr: 1").message, SolverParameter)
    assert isinstance(parse_either("name: 'x'").message, NetParameter)


def test_old_net_is_upgraded(tmp_path: Path) -> None:
    (tmp_path / "old.prototxt").write_text('layers { name: "r" type: RELU bottom: "a" top: "a" }')
    document = convert(tmp_path / "old.prototxt", tmp_path / "new.yaml")
    assert document.notes
    assert load_net(tmp_path / "new.yaml").message.layer[0].type == "ReLU"


def test_convert_text_converts_both_ways() -> None:
    assert (
        convert_text('name: "on"\nlayer { relu_param { } }', "yaml")
        == 'name: "on"\nlayer:\n  - relu_param: {}\n'
    )
    assert convert_text("max_iter: 5\ntype: Adam", "prototxt", format="yaml") == 'max_iter: 5\ntype: "Adam"\n'


def test_fault_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.prototxt").write_text("nmae: 'x'")
    with pytest.raises(ConfigError, match="did you mean 'name'"):
        convert(tmp_path / "a.prototxt", tmp_path / "b.yaml")
    assert not (tmp_path / "b.yaml").exists()


def test_lenient_conversion_warns_of_dropped_fields(tmp_path: Path) -> None:
    (tmp_path / "a.prototxt").write_text("name: 'x' nobodys: 1")
    document = convert(tmp_path / "a.prototxt", tmp_path / "b.yaml", lenient=True)
    assert [w.message for w in document.warnings] == ["unknown field 'nobodys' in a net"]
    assert (tmp_path / "b.yaml").read_text() == "name: x\n"


def test_nets_of_a_solver_are_not_converted(tmp_path: Path) -> None:
    convert("configs/lenet_solver.yaml", tmp_path / "lenet_solver.prototxt")
    assert load_solver(tmp_path / "lenet_solver.prototxt").nets["net"][0].message.name == "LeNet"
