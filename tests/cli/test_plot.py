"""``layerzoo plot``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from layerzoo.cli.main import main

METRICS = (
    '{"iteration":0,"phase":"TRAIN","seconds":1,"loss":2,"lr":0.1,"outputs":{"loss":[2]}}\n'
    '{"iteration":10,"phase":"TRAIN","seconds":2,"loss":1,"lr":0.1,"outputs":{"loss":[1]}}\n'
)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "60")
    shutil.copy(data / "conformance" / "logs" / "caffe_lenet_mnist.log", "a.log")
    for name in ("one", "two/one"):
        folder = Path(f"{name}.run")
        folder.mkdir(parents=True)
        (folder / "metrics.jsonl").write_text(METRICS)


def test_curves_are_drawn_in_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", "a.log"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 60
    assert "loss by iteration" in out
    assert "a train 0.0006266   b test 0.04521" in out
    assert "accuracy by iteration" in out
    assert "a test 0.984" in out
    assert "\x1b" not in out


def test_runs_and_logs_share_a_plot(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", "one.run", "a.log", "-show", "loss", "-log=loss", "-against", "seconds"]) == 0
    out = capsys.readouterr().out
    assert "loss by seconds (log)" in out
    assert "a one train 1" in out
    assert "b a.log train 0.0006266" in out


def test_runs_with_equal_names_are_named_by_path(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", "one.run", "two/one.run", "-height", "4"]) == 0
    out = capsys.readouterr().out
    assert "a one.run train 1" in out
    assert "b two/one.run train 1" in out
    assert main(["plot", "one.run", "one.run"]) == 0
    assert "b one.run (2) train 1" in capsys.readouterr().out


def test_image_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    assert main(["plot", "one.run", "-show", "lr", "-out", "lr.svg"]) == 0
    assert capsys.readouterr().out == "wrote lr.svg\n"
    assert "<svg" in (tmp_path / "lr.svg").read_text()


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["one.run", "-show", "los"], 2, "no 'los' in these runs; did you mean 'loss'?"),
        (["one.run", "-against", "epoch"], 2, "give -iters_per_epoch"),
        (["one.run", "-against", "epochs"], 2, "'-against'"),
        (["none.run"], 4, "none.run: no such run or log"),
        (["one.run", "-out", "a.gif"], 2, "'a.gif' has to end in"),
        ([], 2, "RUN_OR_LOG"),
    ],
)
def test_usage_errors(capsys: pytest.CaptureFixture[str], args: list[str], code: int, message: str) -> None:
    assert main(["plot", *args]) == code
    assert message in capsys.readouterr().err


def test_epochs_of_a_log_need_iters_per_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", "a.log", "-against", "epoch", "-iters_per_epoch", "1000", "-show", "loss"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].strip() == "loss by epoch"
    assert lines[-2].split() == ["0", "1", "2"]
