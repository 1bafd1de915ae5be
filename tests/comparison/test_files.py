"""Comparing files."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.comparison import compare
from layerzoo.errors import ConfigError, UsageError
from layerzoo.loader import convert, load_net
from layerzoo.schema import SolverParameter
from tests.comparison.nets import DATA, ip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("a.prototxt").write_text(DATA + ip("a"))
    Path("b.prototxt").write_text(DATA + ip("a", number=3))
    for name in "ab":
        Path(f"{name}_solver.prototxt").write_text(f'net: "{name}.prototxt" base_lr: 0.1 lr_policy: "fixed"')
    return tmp_path


def test_formats_of_one_net_are_equal(folder: Path) -> None:
    convert("a.prototxt", "a.yaml")
    Path("a.caffemodel").write_bytes(load_net("a.prototxt").message.SerializeToString())
    for other in ("a.yaml", "a.caffemodel"):
        assert compare("a.prototxt", other) == []
        assert [change.path for change in compare(other, "b.prototxt")] == ["inner_product_param.num_output"]


def test_old_format_is_upgraded(folder: Path) -> None:
    old = (DATA + ip("a")).replace("layer {", "layers {").replace('"InnerProduct"', "INNER_PRODUCT")
    Path("old.prototxt").write_text(old.replace('"Input"', "DUMMY_DATA"))
    new = (DATA + ip("a")).replace('"Input"', '"DummyData"')
    Path("new.prototxt").write_text(new)
    assert compare("old.prototxt", "new.prototxt") == []


def test_places_name_files_and_lines(folder: Path) -> None:
    (change,) = compare("a.prototxt", "b.prototxt")
    assert change.places == ("a.prototxt:2", "b.prototxt:2")


def test_solvers_are_compared_with_their_nets(folder: Path) -> None:
    (change,) = compare("a_solver.prototxt", "b_solver.prototxt")
    assert (change.net, change.layer, change.old, change.new) == ("net", "a", "2", "3")
    (change,) = compare("a_solver.prototxt", "b_solver.prototxt", with_nets=False)
    assert (change.path, change.old, change.new) == ("net", '"a.prototxt"', '"b.prototxt"')


def test_net_inside_a_solver_is_the_same_as_its_file(folder: Path) -> None:
    Path("inline.prototxt").write_text(f'net_param {{ {DATA} {ip("a")} }} base_lr: 0.1 lr_policy: "fixed"')
    assert compare("a_solver.prototxt", "inline.prototxt") == []


def test_missing_net_of_a_solver_is_reported_as_removed(folder: Path) -> None:
    Path("two.prototxt").write_text(
        'train_net: "a.prototxt" test_net: "a.prototxt" base_lr: 0.1 lr_policy: "fixed" test_iter: 1'
    )
    changes = compare("a_solver.prototxt", "two.prototxt")
    assert [(change.kind, change.path) for change in changes] == [
        ("changed", "test_iter"),
        ("removed", "net"),
        ("added", "train_net"),
        ("added", "test_net[0]"),
    ]


def test_binary_solver(folder: Path) -> None:
    message = SolverParameter(base_lr=0.5, lr_policy="fixed", net="a.prototxt")
    Path("s.pb").write_bytes(message.SerializeToString())
    changes = compare("s.pb", "a_solver.prototxt", with_nets=False)
    assert [(change.path, change.old, change.new) for change in changes] == [("base_lr", "0.5", "0.1")]


def test_net_and_solver_are_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.prototxt is a net, but a_solver\.prototxt is a solver"):
        compare("a.prototxt", "a_solver.prototxt")


def test_faulty_file_is_refused(folder: Path) -> None:
    Path("c.prototxt").write_text("name: x")
    with pytest.raises(ConfigError, match="takes a string in quotes"):
        compare("a.prototxt", "c.prototxt")
    with pytest.raises(ConfigError, match="no file 'none'"):
        compare("a.prototxt", "none")
