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


def test_the_pair(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parse_log", "a.log"]) == 0
    assert capsys.readouterr().out == ""
    assert (log / "a.log.train").read_text().startswith("NumIters,Seconds,LearningRate,loss\n")
    assert (log / "a.log.test").read_text().startswith("NumIters,Seconds,LearningRate,accuracy,loss\n")


def test_another_folder_and_delimiter(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (log / "out").mkdir()
    assert main(["parse_log", "--verbose", "a.log", "out", "--delimiter", r"\t"]) == 0
    assert capsys.readouterr().out == "Wrote out/a.log.train: 20 rows\nWrote out/a.log.test: 5 rows\n"
    assert (log / "out" / "a.log.test").read_text().startswith("NumIters\tSeconds\t")


def test_the_log_of_a_run(log: Path) -> None:
    (log / "x.run").mkdir()
    (log / "a.log").rename(log / "x.run" / "log.txt")
    assert main(["parse_log", "x.run"]) == 0
    assert (log / "x.run.train").exists()


def test_a_log_of_no_training(log: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parse_log", str(data / "conformance" / "logs" / "caffe_time.log")]) == 0
    assert "nothing to write" in capsys.readouterr().err
    assert sorted(path.name for path in log.iterdir()) == ["a.log"]


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["none.log"], 1, "none.log: No such file"),
        (["a.log", "none"], 2, "none is no folder"),
        (["a.log", "-delimiter", "ab"], 2, "-delimiter 'ab' has to be one character"),
        ([__file__], 4, "is no log"),
    ],
)
def test_mistakes(
    log: Path, capsys: pytest.CaptureFixture[str], args: list[str], code: int, said: str
) -> None:
    assert main(["parse_log", *args]) == code
    assert said in capsys.readouterr().err
