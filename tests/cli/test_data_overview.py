"""``layerzoo data overview``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerzoo.cli.main import main
from tests.data_report.photos import photos


def test_folder_gets_report_and_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = photos(tmp_path / "photos"), tmp_path / "out"
    assert main(["data", "overview", str(source), "-out", str(out), "-samples", "2"]) == 0
    assert "22 samples" in capsys.readouterr().out
    report = json.loads((out / "overview.json").read_text())
    assert [source["part"] for source in report["sources"]] == ["TRAIN", "VAL"]
    assert [len(source["thumbnails"]) for source in report["sources"]] == [4, 4]
    assert all((out / one["file"]).is_file() for one in report["sources"][0]["thumbnails"])
    assert not (out / "progress.json").exists()


def test_missing_data_leave_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "overview", str(tmp_path), "-out", str(tmp_path / "out")]) == 4
    assert not (tmp_path / "out" / "overview.json").exists()
