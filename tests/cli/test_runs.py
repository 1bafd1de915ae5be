"""``layerzoo runs``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerzoo.cli.main import main

METRICS = (
    '{"iteration":0,"phase":"TRAIN","seconds":1,"loss":2,"lr":0.1,"outputs":{"loss":[2]}}\n'
    '{"iteration":10,"phase":"TEST","seconds":150,"net":0,"outputs":{"accuracy":[%s]}}\n'
)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, lr, score in (("a", 0.5, 0.75), ("deep/b", 0.25, 0.5)):
        folder = Path(f"{name}.run")
        (folder / "iter_10").mkdir(parents=True)
        (folder / "metrics.jsonl").write_text(METRICS % score)
        (folder / "solver.prototxt").write_text(f'max_iter: 10 base_lr: {lr} snapshot_prefix: "{name}"')


def test_ls_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "ls"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (a,) = [line for line in lines if " a " in line]
    (b,) = [line for line in lines if " deep/b " in line]
    for line, score in ((a, "accuracy 0.75"), (b, "accuracy 0.5")):
        for word in ("done", "10 of 10", "2 min 30 s", score):
            assert word in line


def test_ls_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "ls", "deep", "-json"]) == 0
    (run,) = json.loads(capsys.readouterr().out)
    modified = run.pop("modified")
    assert modified > 1e9
    assert run == {
        "name": "b",
        "path": "deep/b.run",
        "state": "done",
        "iteration": 10,
        "max_iter": 10,
        "seconds": 150.0,
        "best": {"accuracy": {"value": 0.5, "iteration": 10}},
    }


def test_ls_of_an_empty_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["runs", "ls", "empty"]) == 0
    assert "no runs in empty" in capsys.readouterr().out


def test_show_prints_state_scores_and_config(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "show", "a"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("a (a.run)\ndone at iteration 10 of 10, 2 min 30 s of training, last written 2")
    assert "\nlast training: loss 2 (iteration 0)\nlast test: accuracy 0.75 (iteration 10)\n" in out
    assert "\nbest accuracy: 0.75 (iteration 10)\nsnapshot: a.run/iter_10 (iteration 10)\n" in out
    assert "\nbase_lr: 0.5\n" in out


def test_show_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "show", "a.run", "-json"]) == 0
    run = json.loads(capsys.readouterr().out)
    assert run["snapshots"] == ["a.run/iter_10"]
    assert run["config"]["base_lr"] == "0.5"


@pytest.mark.parametrize("args", [["a.run", "deep/b.run"], ["."], []])
def test_diff_prints_differing_fields(capsys: pytest.CaptureFixture[str], args: list[str]) -> None:
    assert main(["runs", "diff", *args]) == 0
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in capsys.readouterr().out.splitlines()]
    assert ["base_lr", "0.5", "0.25"] in rows
    assert ["best accuracy", "0.75", "0.5"] in rows
    assert not any(row and row[0] in ("snapshot_prefix", "max_iter") for row in rows)


def test_diff_of_equal_configs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "diff", "a.run", "a.run"]) == 0
    assert "the configs are equal" in capsys.readouterr().out


def test_diff_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "diff", "-json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["differences"] == {"base_lr": ["0.5", "0.25"]}
    assert [run["name"] for run in result["runs"]] == ["a", "deep/b"]


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["diff", "deep"], 2, "1 run to compare; name two or more"),
        (["show", "none"], 4, "none: no such run"),
        (["ls", "none"], 4, "none: no such folder"),
        (["lss"], 2, "did you mean 'ls'?"),
    ],
)
def test_usage_errors(capsys: pytest.CaptureFixture[str], args: list[str], code: int, message: str) -> None:
    assert main(["runs", *args]) == code
    assert message in capsys.readouterr().err
