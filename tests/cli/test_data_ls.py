"""``layerzoo data ls``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from layerzoo.cli.main import main
from layerzoo.data import write_datums
from layerzoo.layers import data
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


def test_only_what_is_listed_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_datums(tmp_path / "db", np.zeros((30, 1, 2, 2), np.uint8), range(30))
    net = f'layer {{ name: "d" type: "Data" top: "d" top: "l" data_param {{ source: "{tmp_path}/db" '
    (tmp_path / "net.prototxt").write_text(net + "backend: LMDB batch_size: 2 } include { phase: TRAIN } }")
    monkeypatch.delattr(data._Datums, "labels")
    assert main(["data", "ls", str(tmp_path / "net.prototxt"), "-rows", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:4]] == [["0", "0"], ["1", "1"], ["2", "2"]]
