"""Snapshots that are written while training goes on: what is in them, in which order, and when one waits."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from layerzoo.snapshot import find_best, list_snapshots, read_snapshot, read_state, verify_snapshot
from layerzoo.solver import Callback, Scores
from layerzoo.solver.snapshots import best_keeper, saver
from layerzoo.weights import read
from tests.solver.snapshots.test_saver import FORMS, solver


class Gate:
    """Lets the writing of snapshots wait.

    Attributes:
        threads: names of the threads that have begun to write.
    """

    def __init__(self) -> None:
        self.go, self.begun = threading.Event(), threading.Event()
        self.threads: list[str] = []

    def through(self, call: Any) -> Any:
        def waiting(*arguments: Any, **more: Any) -> Any:
            self.threads.append(threading.current_thread().name)
            self.begun.set()
            assert self.go.wait(60)
            return call(*arguments, **more)

        return waiting


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    monkeypatch.setattr(saver, "write_snapshot", gate.through(saver.write_snapshot))
    yield gate
    gate.go.set()


class Noting(Callback):
    """Notes weights at each update, and calls of ``saved``."""

    def __init__(self, net: Any) -> None:
        self.net = net
        self.weights: dict[int, torch.Tensor] = {}
        self.saved_at: list[tuple[int, str]] = []
        self.scores: dict[int, float] = {}

    def updated(self, iteration: int) -> None:
        self.weights[iteration] = self.net.params["a"][0].detach().clone()

    def saved(self, iteration: int, path: Path) -> None:
        assert verify_snapshot(path)["iteration"] == iteration
        self.saved_at.append((iteration, threading.current_thread().name))

    def tested(self, iteration: int, index: int, scores: Scores) -> None:
        self.scores[iteration] = scores.values["acc"][0]


@pytest.mark.parametrize("form", FORMS)
def test_training_goes_on_while_the_state_of_the_snapshot_is_written(
    tmp_path: Path, gate: Gate, form: str
) -> None:
    s = solver(tmp_path, f"max_iter: 9 snapshot: 4 snapshot_after_train: false {form}")
    noting = Noting(s.net)
    s.callbacks.members.append(noting)
    s.loop.advance(7)
    assert gate.begun.wait(60)
    assert s.iteration == 7
    assert noting.saved_at == []
    history = [blob.clone() for blob in s.run.rule.history]
    gate.go.set()
    s.saver.settle(wait=True)
    assert gate.threads == ["layerzoo-snapshots"]
    assert noting.saved_at == [(4, threading.current_thread().name)]
    snapshot = read_snapshot(tmp_path / "r.run/iter_4")
    assert torch.equal(snapshot.weights["a"][0], noting.weights[4])
    assert not torch.equal(snapshot.weights["a"][0], noting.weights[7])
    assert not torch.equal(snapshot.history[0], history[0])
    assert snapshot.parts["train"]["iteration"] == 4
    if form:
        end = ".h5" if "HDF5" in form else ""
        stored = read(tmp_path / f"r_iter_4.caffemodel{end}")["a"]
        assert torch.equal(next(iter(stored)), noting.weights[4])
        assert torch.equal(
            read_state(tmp_path / f"r_iter_4.solverstate{end}").history[0], snapshot.history[0]
        )


def test_snapshot_in_the_background_has_the_bytes_of_one_written_at_once(tmp_path: Path) -> None:
    text = "max_iter: 6 snapshot: 4 snapshot_diff: true snapshot_format: BINARYPROTO ema_param { decay: 0.5 }"
    behind = solver(tmp_path / "behind", text)
    behind.loop.advance(6)
    behind.saver.settle(wait=True)
    at_once = solver(tmp_path / "at_once", text.replace("snapshot: 4", "snapshot: 0"))
    at_once.step(4)
    assert at_once.snapshot() == tmp_path / "at_once/r.run/iter_4"
    for name in ("r.run/iter_4/weights.safetensors", "r.run/iter_4/state.safetensors"):
        assert (tmp_path / "behind" / name).read_bytes() == (tmp_path / "at_once" / name).read_bytes()
    assert (tmp_path / "behind/r.run/iter_4/means.safetensors").exists()
    files = [tmp_path / which / "r_iter_4.caffemodel" for which in ("behind", "at_once")]
    assert files[0].read_bytes() == files[1].read_bytes(), "gradients included"


def test_next_snapshot_waits_for_the_one_before(tmp_path: Path, gate: Gate) -> None:
    s = solver(tmp_path, "max_iter: 9 snapshot: 2 snapshot_after_train: false")
    s.loop.advance(3)
    threading.Timer(0.3, gate.go.set).start()
    s.loop.advance(1)
    assert (tmp_path / "r.run/iter_2").is_dir()
    assert s.saver.saved_at == 2
    s.saver.settle(wait=True)
    assert s.saver.saved_at == 4


def test_score_that_comes_before_the_write_has_ended_is_in_the_snapshot(tmp_path: Path, gate: Gate) -> None:
    s = solver(tmp_path, "max_iter: 9 snapshot: 2 test_interval: 2 keep_param { last: 1 best: 0 }")
    noting = Noting(s.net)
    s.callbacks.members.append(noting)
    s.loop.advance(3)
    assert noting.scores[2]
    assert not (tmp_path / "r.run/iter_2").exists()
    gate.go.set()
    s.saver.settle(wait=True)
    assert read_snapshot(tmp_path / "r.run/iter_2").score == noting.scores[2]
    s.loop.advance(2)
    s.saver.settle(wait=True)
    kept = {iteration: read_snapshot(path).score for iteration, path in list_snapshots(tmp_path / "r.run")}
    assert kept == {4: noting.scores[4]}, "those before are deleted once the score is written"


def test_score_of_a_snapshot_that_failed_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> Path:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(saver, "write_snapshot", fail)
    s = solver(tmp_path, "max_iter: 9 snapshot: 2 test_interval: 2")
    s.loop.advance(3)
    s.saver.settle(wait=True)
    assert (s.saver.failed, s.saver.failure, s.saver.saved_at) == (True, "Input/output error", None)
    warned = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warned == ["The snapshot of iteration 2 can't be written: Input/output error"]


def test_programs_get_a_snapshot_that_is_written(tmp_path: Path) -> None:
    s = solver(tmp_path, "max_iter: 9 snapshot: 2")
    s.step(3)
    assert s.saver.saved_at == 2
    verify_snapshot(tmp_path / "r.run/iter_2")
    path = s.snapshot()
    assert path == tmp_path / "r.run/iter_3"
    verify_snapshot(path)
    assert s.restore("auto")
    assert s.saver.saved_at == 3


def test_without_memory_for_a_copy_the_snapshot_is_written_at_once(
    tmp_path: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gate.go.set()
    monkeypatch.setattr("layerzoo.solver.snapshots.host_copy.available_memory", lambda _: 1 << 20)
    caplog.set_level(logging.DEBUG)
    s = solver(tmp_path, "max_iter: 9 snapshot: 2 snapshot_after_train: false")
    s.loop.advance(2)
    assert gate.threads == [threading.current_thread().name]
    assert s.saver.saved_at == 2
    said = r"iteration 2 is not written in the background: a copy needs \d+\.\d KiB, and 1\.0 MiB are free"
    assert re.search(said, caplog.text)


@contextmanager
def _raising(s: Any, error: type[BaseException]) -> Iterator[None]:
    """A run whose update 3 raises."""

    class Raising(Callback):
        def updated(self, iteration: int) -> None:
            if iteration == 3:
                raise error

    s.callbacks.members.append(Raising())
    with pytest.raises(error):
        yield


def test_error_in_training_waits_for_the_snapshot(tmp_path: Path, gate: Gate) -> None:
    s = solver(tmp_path, "max_iter: 9 snapshot: 2")
    threading.Timer(0.3, gate.go.set).start()
    with _raising(s, ZeroDivisionError):
        s.solve()
    assert s.saver.saved_at == 2
    verify_snapshot(tmp_path / "r.run/iter_2")


def test_interrupt_at_once_leaves_the_snapshot_behind(
    tmp_path: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saver, "_LEAVING", 0.1)
    s = solver(tmp_path, "max_iter: 9 snapshot: 2")
    with _raising(s, KeyboardInterrupt):
        s.solve()
    assert not (tmp_path / "r.run/iter_2").exists()
    assert list_snapshots(tmp_path / "r.run") == []


def test_interrupt_at_once_keeps_a_snapshot_that_is_nearly_written(tmp_path: Path, gate: Gate) -> None:
    s = solver(tmp_path, "max_iter: 9 snapshot: 2")
    threading.Timer(0.1, gate.go.set).start()
    with _raising(s, KeyboardInterrupt):
        s.solve()
    verify_snapshot(tmp_path / "r.run/iter_2")


def test_last_saved_waits_for_the_snapshot(tmp_path: Path, gate: Gate) -> None:
    s = solver(tmp_path, "max_iter: 9 snapshot: 2")
    s.loop.advance(3)
    assert s.saver.saved_at is None
    threading.Timer(0.3, gate.go.set).start()
    assert s.saver.last_saved() == 2


def test_best_weights_are_those_of_their_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    monkeypatch.setattr(best_keeper, "write_best", gate.through(best_keeper.write_best))
    s = solver(tmp_path, "max_iter: 4 test_interval: 2 snapshot_after_train: false")
    noting = Noting(s.net)
    s.callbacks.members.append(noting)

    class Going(Callback):
        def updated(self, iteration: int) -> None:
            if iteration == 3:  # the weights of iteration 2 are still to be written
                assert gate.begun.wait(60)
                gate.go.set()

    s.callbacks.members.append(Going())
    s.solve()
    assert "layerzoo-snapshots" in gate.threads
    best = find_best(tmp_path / "r.run")
    assert best is not None
    stored = read_snapshot(best.path).weights["a"][0]
    assert torch.equal(stored, noting.weights[best.iteration])
    assert best.choice.value == max(value for iteration, value in noting.scores.items() if iteration)


def test_best_weights_that_can_not_be_written_leave_room_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write, calls = best_keeper.write_best, []

    def once(*arguments: Any) -> Path:
        calls.append(arguments[1].iteration)
        if len(calls) == 1:
            raise OSError(28, os.strerror(28))
        return write(*arguments)

    monkeypatch.setattr(best_keeper, "write_best", once)
    solver(tmp_path, "max_iter: 4 test_interval: 1 snapshot_after_train: false").solve()
    assert f"The best weights, of iteration {calls[0]}, can't be written: [Errno 28]" in caplog.text
    best = find_best(tmp_path / "r.run")
    assert best is not None
    assert best.iteration in calls[1:]
