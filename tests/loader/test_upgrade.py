"""Upgrading files; tests/cli/test_upgrade.py tests the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader.upgrade import Upgraded, upgrade_file
from layerzoo.schema import SolverParameter

V0 = 'layers { layer { name: "r" type: "relu" } bottom: "x" top: "y" }\n'
TODAY = 'layer {\n  name: "r"\n  type: "ReLU"\n  bottom: "x"\n  top: "y"\n}\n'


def test_upgrade_to_another_file_writes_no_backup(tmp_path: Path) -> None:
    old, new = tmp_path / "old.prototxt", tmp_path / "new.prototxt"
    old.write_text(V0)
    assert upgrade_file(old, new) == Upgraded(["1 layer of format V0"])
    assert new.read_text() == TODAY


def test_upgrade_to_a_hard_link_is_in_place(tmp_path: Path) -> None:
    old, link = tmp_path / "old.prototxt", tmp_path / "link.prototxt"
    old.write_text(V0)
    link.hardlink_to(old)
    done = upgrade_file(old, link)
    assert done.backup == tmp_path / "old.prototxt.bak"
    assert done.backup.read_text() == V0
    assert link.read_text() == TODAY


def test_upgrade_converts_to_the_format_of_the_target(tmp_path: Path) -> None:
    old, new = tmp_path / "old.prototxt", tmp_path / "new.yaml"
    old.write_text(TODAY)
    assert upgrade_file(old, new) == Upgraded([])
    assert new.read_text().startswith("layer:\n")


def test_upgrade_of_a_faulty_file_leaves_it_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text('layers { type: RELU bottom: "x" }\ninput: "x"\n')
    with pytest.raises(ConfigError, match="input 'x' has no shape"):
        upgrade_file(path)
    assert path.read_text() == 'layers { type: RELU bottom: "x" }\ninput: "x"\n'
    assert list(tmp_path.iterdir()) == [path]


def test_binary_solver_is_read(tmp_path: Path) -> None:
    solver = SolverParameter(
        net="a.prototxt", base_lr=0.5, lr_policy="fixed", solver_type=SolverParameter.ADAM
    )
    (tmp_path / "s.pb").write_bytes(solver.SerializeToString())
    assert upgrade_file(tmp_path / "s.pb", tmp_path / "s.prototxt").notes != []
    assert 'lr_policy: "fixed"' in (tmp_path / "s.prototxt").read_text()
    (tmp_path / "damaged.pb").write_bytes(b"\x08\xff\xff\xff")
    with pytest.raises(ConfigError, match="is not a binary net"):
        upgrade_file(tmp_path / "damaged.pb", tmp_path / "x.prototxt")
