"""Runs and folders of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from layerzoo.errors import DataError
from layerzoo.runs import find_runs, open_run

CONFIG = """
max_iter: 20
base_lr: 0.1
net_param {
  layer { name: "score" type: "Accuracy" bottom: "x" bottom: "y" top: "loss_like" }
  layer { name: "cost" type: "SoftmaxWithLoss" bottom: "x" bottom: "y" top: "cost" }
}
"""
METRICS = (
    '{"iteration":0,"phase":"TEST","seconds":0.5,"net":0,"outputs":{"loss_like":[0.1],"cost":[3],"v":[1,2]}}\n'
    '{"iteration":0,"phase":"TRAIN","seconds":1,"loss":2.5,"lr":0.1,"outputs":{"cost":[2.5]}}\n'
    '{"iteration":10,"phase":"TEST","seconds":2,"net":0,"outputs":{"loss_like":[0.9],"cost":[2],"v":[1,2]}}\n'
    '{"iteration":20,"phase":"TEST","seconds":4,"net":0,"outputs":{"loss_like":[0.8],"cost":[null],"v":[1,2]}}\n'
    '{"iteration":20,"phase":"TEST","seconds":4,"net":1,"outputs":{"cost":[7]}}\n'
)


def make(folder: Path, log: str | None = None, config: str = CONFIG, metrics: str = METRICS) -> Path:
    folder.mkdir(parents=True)
    (folder / "metrics.jsonl").write_text(metrics)
    (folder / "solver.prototxt").write_text(config)
    if log is not None:
        (folder / "log.txt").write_text(log)
    return folder


def log(text: str, pid: int) -> str:
    return f"I0210 10:00:00.000000 {pid} solver.py:204] {text}\n"


def test_open_run_reads_a_folder(tmp_path: Path) -> None:
    folder = make(tmp_path / "lenet.run")
    for name in ("iter_10", "iter_9", "other", ".iter_20.part"):
        (folder / name).mkdir()
    run = open_run(tmp_path / "lenet")
    assert (run.name, run.path) == ("lenet", folder)
    assert (run.iteration, run.max_iter, run.seconds, run.state) == (20, 20, 4.0, "done")
    assert run.snapshots == [(9, folder / "iter_9"), (10, folder / "iter_10")]
    # An Accuracy layer's is best where it is highest, whatever it is called.
    assert run.best == {"loss_like": (0.9, 10), "cost": (2.0, 10), "cost#1": (7.0, 20)}
    assert run.config["base_lr"] == "0.1"
    assert run.config["net.layer[cost].type"] == "SoftmaxWithLoss"
    assert run.modified == (folder / "metrics.jsonl").stat().st_mtime


def test_best_goes_by_names_without_a_config(tmp_path: Path) -> None:
    run = open_run(make(tmp_path / "a.run", config="max_itre: 20"))
    assert run.solver is None
    assert run.best["loss_like"] == (0.1, 0)
    assert run.state == "interrupted"
    assert run.config == {}


@pytest.mark.parametrize(
    ("text", "pid", "state"),
    [
        ("Optimization Done.", 1, "done"),
        ("Optimization stopped early.", 1, "stopped"),
        ("Iteration 10, lr = 0.1", os.getpid(), "running"),
        ("Iteration 10, lr = 0.1", 2**22 + 1, "interrupted"),  # more than Linux gives
        ("Iteration 10, lr = 0.1", 10**10 - 1, "interrupted"),
    ],
    ids=["done", "stopped", "running", "interrupted", "no process"],
)
def test_state_of_a_run(tmp_path: Path, text: str, pid: int, state: str) -> None:
    assert open_run(make(tmp_path / "a.run", log(text, pid))).state == state


def test_find_runs_finds_all_of_a_folder(tmp_path: Path) -> None:
    make(tmp_path / "b.run")
    make(tmp_path / "deep" / "er" / "a.run" / "inner.run")
    make(tmp_path / "deep" / "a.run", metrics="")
    (tmp_path / "deep" / "broken.run").mkdir()
    make(tmp_path / ".hidden" / "c.run")
    assert [run.name for run in find_runs(tmp_path)] == ["b", "deep/a"]
    assert [run.name for run in find_runs(tmp_path / "b.run")] == ["b"]


def test_open_run_refuses_other_folders(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no such run; it is a folder whose name ends in \.run"):
        open_run(tmp_path / "none")
    with pytest.raises(DataError, match="is not the folder of a run"):
        open_run(tmp_path)
    with pytest.raises(DataError, match="no such folder"):
        find_runs(tmp_path / "none")


def test_run_without_metrics_is_read(tmp_path: Path) -> None:
    folder = make(tmp_path / "a.run", metrics="")
    (folder / "metrics.jsonl").unlink()
    run = open_run(folder)
    assert (run.iteration, run.max_iter, run.seconds, run.best) == (0, 20, 0.0, {})
