"""``layerzoo data export``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main
from tests.data_report.photos import photos


def test_parts_and_classes_become_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = photos(tmp_path / "photos"), tmp_path / "out"
    assert main(["data", "export", str(source), str(target)]) == 0
    assert capsys.readouterr().out == f"{target}: 22 images\n"
    assert len(list((target / "train" / "cat").iterdir())) == 6
    assert len(list((target / "val" / "dog").iterdir())) == 5


def test_named_set_can_be_trained_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "export", "digits", str(tmp_path / "digits")]) == 0
    assert "1,797 images" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "digits" / "test").iterdir()) == list("0123456789")
    assert main(["new", str(tmp_path / "net"), "-data", str(tmp_path / "digits")]) == 0


def test_existing_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "export", "digits", str(tmp_path)]) == 2
    assert "already exists" in capsys.readouterr().err
