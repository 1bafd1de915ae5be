"""``layerzoo data info``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerzoo.cli.main import main
from tests.data_report.photos import photos


def test_info_prints_tables_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = photos(tmp_path)
    assert main(["data", "info", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert f"TRAIN (FolderData {folder})" in shown
    assert "3 x 40 x 40: 12" in shown
    assert main(["data", "info", str(folder), "-json", "-limit", "4"]) == 0
    train, test = json.loads(capsys.readouterr().out)
    assert (train["read"], test["samples"]) == (4, 10)
