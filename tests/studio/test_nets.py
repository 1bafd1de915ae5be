"""Files of nets and solvers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.home import PACKAGE
from layerzoo.loader.files import read_source
from layerzoo.loader.read_tree import is_solver
from layerzoo.studio import nets
from layerzoo.studio.routing import NotFoundError

NET = 'name: "n"\nlayer { name: "a" type: "Input" top: "a" }\n'


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (NET, "net"),
        ('layers { name: "a" type: RELU }', "net"),
        ("layer:\n- {name: a, type: Input}\n", "net"),
        ("subnet:\n- name: b\n  layer:\n  - {name: a, type: Input}\n", "blocks"),
        ("subnet:\n- name: b\n  layer:\n  - {name: a}\nlayer:\n- {name: c}\n", "net"),
        ("net: net.yaml\nbase_lr: 0.1\n", "solver"),
        ("base_lr: 0.1\nnet_param {\n  layer { }\n}\n", "solver"),
        ("services:\n  web:\n    image: x\n", None),
        ("item { id: 1 }", None),
        ("", None),
    ],
)
def test_kinds_are_told_apart(text: str, kind: str | None) -> None:
    assert nets.kind_of(text) == kind


def test_kinds_of_all_shipped_configs_agree_with_the_reader() -> None:
    seen = 0
    for name in nets.shipped_configs():
        path = PACKAGE / name
        kind = nets.kind_of(path.read_text())
        if kind is not None:
            assert (kind == "solver") == is_solver(read_source(path, name)), name
            seen += 1
    assert seen > 100


def test_only_configs_outside_of_runs_and_hidden_folders_are_found(tmp_path: Path) -> None:
    for name in ("a.prototxt", "b/c.yaml", "b/d.yml", "x.run/e.yaml", ".git/f.yaml", ".g.yaml", "h.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(NET)
    found = [path.relative_to(tmp_path).as_posix() for path in nets.files([tmp_path])]
    assert sorted(found) == ["a.prototxt", "b/c.yaml", "b/d.yml"]


def test_description_follows_the_file(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text("# A small net. It is for tests.\n" + NET)
    one = nets.describe(path, "in/net.prototxt")
    assert one is not None
    assert (one.kind, one.about, one.layers, one.folder) == ("net", "A small net", 1, "in")
    path.write_text(NET * 2)
    os.utime(path, (1, 1))
    again = nets.describe(path, "net.prototxt")
    assert again is not None
    assert (again.about, again.layers, again.modified) == ("n", 2, 1.0)
    path.write_text("other: 1\n")
    assert nets.describe(path, "net.prototxt") is None
    assert nets.describe(tmp_path / "missing.yaml", "missing.yaml") is None


def test_line_breaks_and_permissions_stay(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_bytes(b"\xef\xbb\xbfname: 'a'\r\nlayer {}\r\n")
    path.chmod(0o640)
    known = nets.read(path)
    assert (known.text, known.crlf) == ("name: 'a'\nlayer {}\n", True)
    saved = nets.write(path, "name: 'b'\n", known.version)
    assert path.read_bytes() == b"name: 'b'\r\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert saved.version == nets.read(path).version


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "net.yaml", tmp_path / "link.yaml"
    path.write_text("name: a\n")
    link.symlink_to(path)
    nets.write(link, "name: b\n", nets.read(link).version)
    assert link.is_symlink()
    assert path.read_text() == "name: b\n"


def test_changed_removed_and_existing_files_are_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    version = nets.write(path, "name: a\n", "").version
    with pytest.raises(nets.ChangedError, match="exists already"):
        nets.write(path, "name: b\n", "")
    path.write_text("name: c\n")
    with pytest.raises(nets.ChangedError, match="has changed") as caught:
        nets.write(path, "name: b\n", version)
    assert caught.value.now == nets.read(path)
    assert path.read_text() == "name: c\n"
    path.unlink()
    with pytest.raises(nets.ChangedError, match="removed"):
        nets.write(path, "name: b\n", version)


def test_what_is_no_config_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"must end in \.prototxt"):
        nets.write(tmp_path / "script.sh", "", "")
    with pytest.raises(NotFoundError, match="no folder"):
        nets.write(tmp_path / "missing" / "a.yaml", "", "")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="UTF-8"):
        nets.read(tmp_path / "binary.yaml")
    (tmp_path / "large.yaml").write_bytes(b" " * (nets.MAX_BYTES + 1))
    with pytest.raises(UsageError, match="more than"):
        nets.read(tmp_path / "large.yaml")


def test_free_names(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    assert nets.free_name(path).name == "net_copy.yaml"
    (tmp_path / "net_copy.yaml").touch()
    assert nets.free_name(path).name == "net_copy2.yaml"


def test_shipped_texts_by_name_only() -> None:
    assert "LeNet" in nets.shipped_text("configs/lenet_train_test.yaml").text
    for name in ("configs/../setup.cfg", "/etc/passwd", "configs/nothing.yaml"):
        with pytest.raises(NotFoundError):
            nets.shipped_text(name)
