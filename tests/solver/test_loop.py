"""The training loop: tests, displays and snapshots between updates, and their order."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.loader import parse_solver
from layerzoo.snapshot import list_snapshots, read_snapshot
from layerzoo.solver import Action, Callback, Displayed, Scores, Solver
from tests.engine.capture.tape import TapeRecorder

NET = """
layer { name: "d" type: "Dataset" top: "x" top: "t" include { phase: TRAIN }
        dataset_param { name: "digits" size: 4 batch_size: 20 } }
layer { name: "d" type: "Dataset" top: "x" top: "t" include { phase: TEST }
        dataset_param { name: "digits" size: 4 split: "test" batch_size: 20 } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "acc" type: "Accuracy" bottom: "y" bottom: "t" top: "acc" include { phase: TEST } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "y" bottom: "t" top: "l" }
"""


class Events(Callback):
    """Records the calls of the loop, in order."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []

    def started(self, iteration: int, tested: bool) -> None:
        self.seen.append(("started", iteration))

    def displayed(self, shown: Displayed) -> None:
        self.seen.append(("displayed", shown.iteration))

    def tested(self, iteration: int, index: int, scores: Scores) -> None:
        self.seen.append(("tested", iteration))

    def saved(self, iteration: int, path: Path) -> None:
        self.seen.append(("saved", iteration))

    def ended(self, iteration: int) -> None:
        self.seen.append(("ended", iteration))


def solver(folder: Path, text: str = "", **options: object) -> tuple[Solver, list[tuple[str, int]]]:
    base = 'base_lr: 0.05 lr_policy: "fixed" random_seed: 5 solver_mode: CPU'
    text += " test_iter: 1" if "test_interval" in text else ""
    param = parse_solver(f'{base} snapshot_prefix: "{folder}/r" {text} net_param {{ {NET} }}')
    made, events = Solver(param, **options), Events()  # type: ignore[arg-type]
    made.callbacks.members.append(events)
    return made, events.seen


def test_loop_tests_displays_and_saves_in_caffes_order(tmp_path: Path) -> None:
    made, seen = solver(tmp_path, "max_iter: 4 display: 2 test_interval: 2 snapshot: 2")
    made.solve()
    assert _without_saved(seen) == [
        ("started", 0),
        ("tested", 0),
        ("displayed", 0),
        ("tested", 2),
        ("displayed", 2),
        ("tested", 4),
        ("ended", 4),
    ]
    assert [event for event in seen if event[0] == "saved"] == [("saved", 2), ("saved", 4)]
    assert seen.index(("saved", 2)) > seen.index(("displayed", 0))
    assert seen.index(("saved", 4)) > seen.index(("displayed", 2))


def _without_saved(events: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The events but for ``saved``, which comes when the background has written a snapshot."""
    return [event for event in events if event[0] != "saved"]


def test_loop_leaves_out_the_first_test_if_asked(tmp_path: Path) -> None:
    made, seen = solver(tmp_path, "max_iter: 2 test_interval: 2 test_initialization: false")
    made.finish()
    assert [event for event in seen if event[0] == "tested"] == [("tested", 2)]


def test_loop_in_a_process_that_does_not_report_only_trains(tmp_path: Path) -> None:
    made, seen = solver(
        tmp_path, "max_iter: 4 display: 1 test_interval: 1 snapshot: 1", reports=lambda: False
    )
    made.finish()
    assert made.iteration == 4
    assert seen == [("started", 0), ("ended", 4)]
    assert list(tmp_path.iterdir()) == []


def test_snapshot_has_no_score_while_its_test_is_due(tmp_path: Path) -> None:
    made, _ = solver(tmp_path, "max_iter: 4 test_interval: 2 test_initialization: false")
    made.step(4)
    path = made.snapshot()  # the test of iteration 4 is still to come
    assert path is not None
    assert made.scoring.score is not None
    assert made.scoring.score.last is not None, "that of iteration 2"
    assert read_snapshot(path).score is None
    made.loop.to_the_end()
    assert read_snapshot(path).score == made.scoring.score.last


def test_stop_takes_a_snapshot_and_ends_without_a_test(tmp_path: Path) -> None:
    made, seen = solver(tmp_path, "max_iter: 9 test_interval: 100")
    made.actions.ask(Action.STOP)
    made.solve()
    assert seen == [("started", 0), ("saved", 0), ("ended", 0)]
    assert made.run.train.stopping
    assert [iteration for iteration, _ in list_snapshots(tmp_path / "r.run")] == [0]


def test_early_stopping_ends_the_loop_at_its_test(tmp_path: Path) -> None:
    text = "max_iter: 50 test_interval: 1 early_stopping_param { patience: 2 min_delta: 2 }"
    made, seen = solver(tmp_path, text)
    made.finish()
    assert (made.iteration, made.run.train.done) == (2, True), "the first test sets the mark"
    assert seen[-1] == ("ended", 2)


def test_step_goes_on_after_the_loop_ended(tmp_path: Path) -> None:
    made, _ = solver(
        tmp_path, "max_iter: 50 test_interval: 1 early_stopping_param { patience: 1 min_delta: 2 }"
    )
    made.finish()
    assert made.iteration == 1
    made.run.train.tested_at = 1
    made.step(1)
    assert made.iteration == 2


@pytest.mark.parametrize(("after_train", "kept"), [("true", [3]), ("false", [])])
def test_snapshot_after_train(tmp_path: Path, after_train: str, kept: list[int]) -> None:
    made, _ = solver(tmp_path, f"max_iter: 3 snapshot_after_train: {after_train}")
    made.solve()
    assert [iteration for iteration, _ in list_snapshots(tmp_path / "r.run")] == kept


@pytest.mark.parametrize(
    "schedule",
    [
        "max_iter: 30 display: 15 snapshot: 9",
        "max_iter: 30 test_interval: 11 display: 100",
        "max_iter: 40 display: 10 test_interval: 20 snapshot: 20",
    ],
)
def test_iterations_made_at_once_change_no_schedule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schedule: str
) -> None:
    recorder = TapeRecorder()
    monkeypatch.setattr("layerzoo.solver.execution.recorder_of", lambda device: recorder)
    events, losses = [], []
    for engine in ("GRAPH", "EAGER"):
        text = f"{schedule} non_finite_param {{ action: IGNORE }} engine_param {{ engine: {engine} }}"
        made, seen = solver(tmp_path / engine, text)
        made.finish()
        events.append(seen)
        losses.append(made.loss)
    assert _without_saved(events[0]) == _without_saved(events[1])
    assert set(events[0]) == set(events[1])
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    assert recorder.warmed == 3
    assert recorder.replayed < made.iteration - 8, "several at once, where nothing is due between"
