"""``layerzoo data unpack``."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from layerzoo.cli.main import main


def test_archive_is_unpacked_and_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = tmp_path / "pets.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("cat/1.jpg", b"one")
        file.writestr("dog/.hidden", b"")
    assert main(["data", "unpack", str(archive), str(tmp_path / "pets"), "-remove"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'pets'}: 1 files, 3 bytes\nleft out: 1 hidden files\n"
    assert (tmp_path / "pets" / "cat" / "1.jpg").read_bytes() == b"one"
    assert not archive.exists()


def test_too_many_files_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = tmp_path / "pets.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for number in range(3):
            file.writestr(f"{number}.jpg", b"")
    assert main(["data", "unpack", str(archive), str(tmp_path / "pets"), "-max_files", "2"]) == 4
    assert "more than 2 files" in capsys.readouterr().err
    assert not (tmp_path / "pets").exists()
