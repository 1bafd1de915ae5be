"""``layerzoo data ls``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerzoo.cli.main import main
from tests.data_report.photos import photos


def test_ls_lists_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = photos(tmp_path)
    assert main(["data", "ls", str(folder), "-rows", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"FolderData {folder}, TRAIN: 12 samples"
    assert lines[1].split() == ["0", "cat", f"{folder}/train/cat/t00.png"]
    assert lines[3].strip() == "… 10 more; -rows 0 lists all"
    assert main(["data", "ls", str(folder), "-rows", "0", "-json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 22
    assert rows[-1] == {
        "phase": "TEST",
        "part": "VAL",
        "index": 9,
        "label": "dog",
        "name": f"{folder}/val/dog/v14.png",
    }
