"""``layerzoo shell-aliases``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main


@pytest.mark.parametrize("name", ["shell-aliases", "shell_aliases"])
def test_scripts_are_written(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, str(tmp_path / "tools")]) == 0
    count = len(list((tmp_path / "tools").iterdir()))
    assert capsys.readouterr().out == f"wrote {count} scripts to {tmp_path / 'tools'}, such as caffe\n"
    assert (tmp_path / "tools" / "caffe").stat().st_mode & 0o111 == 0o111


def test_other_files_are_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "caffe").write_text("a program")
    assert main(["shell-aliases", str(tmp_path)]) == 2
    assert "already exists and was not written by Layerzoo" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["caffe"]
