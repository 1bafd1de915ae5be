"""``layerzoo parse_log``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from layerzoo.cli.main import main


@pytest.fixture
def log(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    shutil.copy(data / "conformance" / "logs" / "caffe_lenet_mnist.log", "a.log")
    return tmp_path


def test_train_and_test_tables_are_written(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parse_log", "a.log"]) == 0
    assert capsys.readouterr().out == ""
    assert (log / "a.log.train").read_text().startswith("NumIters,Seconds,LearningRate,loss\n")
    assert (log / "a.log.test").read_text().startswith("NumIters,Seconds,LearningRate,accuracy,loss\n")


def test_folder_and_delimiter_can_be_given(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (log / "out").mkdir()
    assert main(["parse_log", "--verbose", "a.log", "out", "--delimiter", r"\t"]) == 0
    assert capsys.readouterr().out == "Wrote out/a.log.train: 20 rows\nWrote out/a.log.test: 5 rows\n"
    assert (log / "out" / "a.log.test").read_text().startswith("NumIters\tSeconds\t")


def test_run_folder_is_a_log(log: Path) -> None:
    (log / "x.run").mkdir()
    (log / "a.log").rename(log / "x.run" / "log.txt")
    assert main(["parse_log", "x.run"]) == 0
    assert (log / "x.run.train").exists()


def test_log_without_training_writes_nothing(
    log: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["parse_log", str(data / "conformance" / "logs" / "caffe_time.log")]) == 0
    assert "nothing to write" in capsys.readouterr().err
    assert sorted(path.name for path in log.iterdir()) == ["a.log"]


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["none.log"], 1, "none.log: No such file"),
        (["a.log", "none"], 2, "none is not a directory"),
        (["a.log", "-delimiter", "ab"], 2, "-delimiter 'ab' must be one character"),
        ([__file__], 4, "is not a log"),
    ],
)
def test_usage_errors(
    log: Path, capsys: pytest.CaptureFixture[str], args: list[str], code: int, message: str
) -> None:
    assert main(["parse_log", *args]) == code
    assert message in capsys.readouterr().err
