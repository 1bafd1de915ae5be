"""``layerzoo compute_image_mean``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.cli.main import main
from layerzoo.data.datum import write_datums
from layerzoo.data.mean import read_mean


def test_mean_is_written_and_printed_by_channel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_datums(tmp_path / "db", [np.full((2, 1, 1), value, np.uint8) for value in (4, 7)], [0, 0])
    assert main(["compute_image_mean", str(tmp_path / "db"), str(tmp_path / "mean.binaryproto")]) == 0
    assert read_mean(tmp_path / "mean.binaryproto").tolist() == [[[5.5]], [[5.5]]]
    captured = capsys.readouterr()
    assert captured.out == f"wrote {tmp_path / 'mean.binaryproto'}\n"
    assert "mean_value channel [1]: 5.5" in captured.err
    assert main(["compute_image_mean", "-backend=lmdb", str(tmp_path / "db")]) == 0
    assert capsys.readouterr().out == ""


def test_missing_database_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compute_image_mean", str(tmp_path / "none")]) == 4
    assert "can't open lmdb" in capsys.readouterr().err
