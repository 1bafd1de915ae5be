"""``layerzoo fmt``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from layerzoo.cli.main import main

TEXT = "name:'a' # why\nlayer{name:'b' type:'ReLU'}\n"
FORMATTED = 'name: "a"  # why\nlayer { name: "b" type: "ReLU" }\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("a.prototxt").write_text(TEXT)
    Path("b.prototxt").write_text(FORMATTED)
    return tmp_path


def test_fmt_writes_what_changes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("b.prototxt").stat().st_mtime_ns
    assert main(["fmt", "a.prototxt", "b.prototxt"]) == 0
    assert Path("a.prototxt").read_text() == FORMATTED
    assert Path("b.prototxt").stat().st_mtime_ns == before
    assert capsys.readouterr().out == "formatted a.prototxt\n"
    assert main(["fmt", "-check", "a.prototxt", "b.prototxt"]) == 0


def test_fmt_check_names_files_and_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "-check", "a.prototxt", "b.prototxt"]) == 1
    assert capsys.readouterr().out == "a.prototxt\n"
    assert Path("a.prototxt").read_text() == TEXT


def test_fmt_diff_prints_and_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "-diff", "a.prototxt"]) == 0
    out = capsys.readouterr().out
    assert "-name:'a' # why\n" in out
    assert '+name: "a"  # why\n' in out
    assert Path("a.prototxt").read_text() == TEXT


def test_fmt_keeps_permissions_and_links(folder: Path) -> None:
    Path("a.prototxt").chmod(0o640)
    Path("link.prototxt").symlink_to("a.prototxt")
    assert main(["fmt", "link.prototxt"]) == 0
    assert Path("link.prototxt").is_symlink()
    assert Path("a.prototxt").read_text() == FORMATTED
    assert Path("a.prototxt").stat().st_mode & 0o777 == 0o640


def test_fmt_of_faulty_files_says_where_and_changes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("c.prototxt").write_text("a { b:1\n")
    assert main(["fmt", "c.prototxt", "none.prototxt", "a.prototxt"]) == 2
    err = capsys.readouterr().err
    assert "c.prototxt:1:1: 'a' is never closed" in err
    assert "no file 'none.prototxt'" in err
    assert Path("c.prototxt").read_text() == "a { b:1\n"
    assert Path("a.prototxt").read_text() == FORMATTED


def test_fmt_writes_no_shipped_config_by_its_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "configs/lenet_solver.yaml"]) == 2
    assert "no file 'configs/lenet_solver.yaml'" in capsys.readouterr().err


def test_fmt_of_a_directory_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "."]) == 2
    assert "'.' is a directory" in capsys.readouterr().err


def test_fmt_reads_stdin() -> None:
    text = TEXT.encode() + b"# \xc4\xe3\n"
    ran = subprocess.run(
        [sys.executable, "-m", "layerzoo", "fmt", "-"],
        input=text,
        capture_output=True,
        env=os.environ,
        check=True,
    )
    assert ran.stdout == FORMATTED.encode() + b"# \xc4\xe3\n"
