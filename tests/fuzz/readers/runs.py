"""Logs and metrics of runs: read, tabulated and drawn."""

from __future__ import annotations

from pathlib import Path
from random import Random

from layerzoo.runs import Style, draw, open_run, panels, read_log, read_metrics, write_csv_pair
from layerzoo.runs.caffe_log import ending
from layerzoo.runs.history import History
from tests.fuzz.kinds import kind
from tests.fuzz.mutations import as_bytes, encodable, json_text, mutate_json, mutate_text

_LOG = """I0210 13:39:22.381027 25210 solver.cpp:204] Solving LeNet
I0210 13:39:22.381031 25210 solver.cpp:205] Learning Rate Policy: step
I0210 13:39:22.382 25210 solver.cpp:330] Iteration 0, Testing net (#0)
I0210 13:39:23.100000 25210 solver.cpp:397]     Test net output #0: accuracy = 0.1
I0210 13:39:23.100001 25210 solver.cpp:397]     Test net output #1: loss = 2.3 (* 1 = 2.3 loss)
I0210 13:39:24.381027 25210 solver.cpp:218] Iteration 0 (0 iter/s, 1.2s/100 iters), loss = 2.4
I0210 13:39:24.381028 25210 solver.cpp:237]     Train net output #0: loss = 2.4 (* 1 = 2.4 loss)
I0210 13:39:24.381029 25210 sgd_solver.cpp:105] Iteration 0, lr = 0.01
I0229 00:00:01.5 25210 solver.cpp:218] Iteration 100, loss = -nan
I0101 00:00:01.5 25210 solver.cpp:218] Iteration 200, loss = 1.#QNAN
I0101 00:00:02.5 25210 solver.cpp:310] Optimization Done.
"""
_WORDS = ("Solving", "Iteration", "Testing net", "(#1)", "Train net output", "loss =", "lr =", "I1231",
"W0101",
          "E20260101", "23:59:60.9", "Optimization Done.", "Optimization stopped early.",
          "99999999")  # fmt: skip
_METRICS = (
    {
        "phase": "TRAIN",
        "iteration": 0,
        "seconds": 0.5,
        "loss": 2.3,
        "lr": 0.01,
        "epoch": 0.1,
        "outputs": {"loss": [2.3]},
    },
    {
        "phase": "TEST",
        "net": 0,
        "iteration": 5,
        "seconds": 1.5,
        "outputs": {"accuracy": [0.5], "v": [1, 2, None]},
    },
    {"phase": "TRAIN", "iteration": 5, "seconds": 2.0, "loss": None, "lr": 0.01, "outputs": {}},
)


def _show(history: History, folder: Path) -> None:
    write_csv_pair(history, "log", folder)
    for panel in panels([history], log=["loss"]):
        draw(panel, Style(60, 8, True, True))
    for panel in panels([history], axis="seconds", smooth=3):
        draw(panel, Style(20, 4, False, False))


def _log(random: Random) -> bytes:
    return as_bytes(random, encodable(mutate_text(random, _LOG, _WORDS, [_LOG])))


@kind("log", _log, text=True)
def read_a_log(data: bytes, folder: Path) -> None:
    """A log of Caffe's is read, tabulated and drawn."""
    (folder / "log.txt").write_bytes(data)
    ending(folder / "log.txt")
    _show(read_log(folder / "log.txt"), folder)


def _metrics(random: Random) -> bytes:
    rows = [*_METRICS] * random.choice((1, 1, 2))
    words = ("phase", "iteration", "net", "seconds", "loss", "lr", "outputs", "TEST", "TRAIN", "accuracy")
    lines = [
        json_text(random, mutate_json(random, row, words) if random.random() < 0.6 else row) for row in rows
    ]
    return as_bytes(random, encodable("\n".join(lines) + random.choice(("\n", ""))))


@kind("metrics", _metrics, text=True)
def read_some_metrics(data: bytes, folder: Path) -> None:
    """The metrics of a run are read, tabulated and drawn; the folder is opened as a run."""
    run = folder / "a.run"
    run.mkdir()
    (run / "metrics.jsonl").write_bytes(data)
    opened = open_run(run)
    assert opened.iteration >= 0
    assert opened.state
    assert opened.best is not None
    _show(read_metrics(run / "metrics.jsonl"), folder)
