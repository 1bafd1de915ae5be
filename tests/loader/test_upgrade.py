"""Upgrading files; what the command adds is tested beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader.upgrade import Upgraded, upgrade_file

V0 = 'layers { layer { name: "r" type: "relu" } bottom: "x" top: "y" }\n'
TODAY = 'layer {\n  name: "r"\n  type: "ReLU"\n  bottom: "x"\n  top: "y"\n}\n'


def test_a_new_file(tmp_path: Path) -> None:
    old, new = tmp_path / "old.prototxt", tmp_path / "new.prototxt"
    old.write_text(V0)
    assert upgrade_file(old, new) == Upgraded(["1 layer of format V0"])
    assert new.read_text() == TODAY


def test_in_place_by_another_name_of_the_file(tmp_path: Path) -> None:
    old, link = tmp_path / "old.prototxt", tmp_path / "link.prototxt"
    old.write_text(V0)
    link.hardlink_to(old)
    done = upgrade_file(old, link)
    assert done.backup == tmp_path / "old.prototxt.bak"
    assert done.backup.read_text() == V0
    assert link.read_text() == TODAY


def test_another_format_is_written_though_nothing_was_upgraded(tmp_path: Path) -> None:
    old, new = tmp_path / "old.prototxt", tmp_path / "new.yaml"
    old.write_text(TODAY)
    assert upgrade_file(old, new) == Upgraded([])
    assert new.read_text().startswith("layer:\n")


def test_faults_leave_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text('layers { type: RELU bottom: "x" }\ninput: "x"\n')
    with pytest.raises(ConfigError, match="input 'x' has no shape"):
        upgrade_file(path)
    assert path.read_text() == 'layers { type: RELU bottom: "x" }\ninput: "x"\n'
    assert list(tmp_path.iterdir()) == [path]
