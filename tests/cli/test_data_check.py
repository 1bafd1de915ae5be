"""``layerzoo data check``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from layerzoo.cli.main import main
from tests.data_report.photos import photos


def test_good_data_exits_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", str(photos(tmp_path))]) == 0
    assert "good  TRAIN and VAL share no samples\n" in capsys.readouterr().out


def test_failed_check_exits_with_4_and_writes_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = photos(tmp_path / "photos")
    shutil.copy(folder / "train/cat/t01.png", folder / "val/cat/copy.png")
    page = tmp_path / "report.html"
    assert main(["data", "check", str(folder), "-html", str(page)]) == 4
    shown = capsys.readouterr().out
    assert shown.startswith("fail  1 of 11 samples of VAL are in TRAIN too, value for value\n")
    assert f"report: {page}" in shown
    assert page.read_text().count("<img ") == 2 + 4  # a pair, and one of each class of both parts
    assert main(["data", "check", str(folder), "-json"]) == 4
    report = json.loads(capsys.readouterr().out)
    assert report["level"] == "fail"
    assert [source["samples"] for source in report["sources"]] == [12, 11]


def test_every_part_of_a_folder_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = photos(tmp_path / "photos")
    (folder / "test" / "dog").mkdir(parents=True)
    shutil.copy(folder / "val/dog/v11.png", folder / "test/dog/x.png")
    (folder / "test" / "dog" / "z.png").write_bytes(b"damaged")
    assert main(["data", "check", str(folder)]) == 4
    shown = capsys.readouterr().out
    assert "1 of 1 samples of TEST are in VAL too" in shown
    assert "TEST (FolderData" in shown
    assert "z.png: not an image" in shown
