"""Signals: requests are served at the end of an iteration, and every stop takes a snapshot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from layerzoo.cli.main import main
from layerzoo.engine import Engine
from layerzoo.engine.engine import Rate
from layerzoo.ranks import Ranks
from layerzoo.snapshot import list_snapshots
from layerzoo.solver import Action, Actions
from tests.solver.snapshots.whole_state import SOLVER, fingerprint, write_configs

Send = Callable[[Mapping[int, signal.Signals]], None]


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_configs(tmp_path, f"{SOLVER} momentum: 0.9 max_iter: 12")
    return tmp_path


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch) -> Send:
    """``send({5: SIGINT})`` sends a signal during update 5, counted from 0."""

    def prepare(when: Mapping[int, signal.Signals]) -> None:
        step = Engine.train_steps

        def interrupted(self: Engine, iteration: int, rates: Sequence[float | Rate]) -> object:
            if iteration in when:
                os.kill(os.getpid(), when[iteration])
            return step(self, iteration, rates)

        monkeypatch.setattr(Engine, "train_steps", interrupted)

    return prepare


def train(*arguments: str) -> int:
    return main(["train", "-solver", "solver.prototxt", *arguments])


def saved() -> list[int]:
    return [iteration for iteration, _ in list_snapshots("r.run")]


@pytest.mark.parametrize(
    ("which", "arguments", "code", "snapshots"),
    [
        (signal.SIGINT, [], 0, [6]),
        (signal.SIGINT, ["-set", "snapshot_after_train=false"], 0, [6]),
        (signal.SIGINT, ["-sigint_effect", "snapshot"], 0, [6, 12]),
        (signal.SIGINT, ["-sigint_effect", "none"], 0, [12]),
        (signal.SIGHUP, [], 0, [6, 12]),
        (signal.SIGHUP, ["-sighup_effect", "stop"], 0, [6]),
        (signal.SIGHUP, ["-sighup_effect", "none"], 0, [12]),
        (signal.SIGUSR1, ["-set", "snapshot_after_train=false"], 0, [6]),
        (signal.SIGTERM, [], 75, [6]),
        (signal.SIGTERM, ["-set", "snapshot_after_train=false"], 75, [6]),
        (signal.SIGTERM, ["-set", "snapshot=3"], 75, [3, 6]),
    ],
)
def test_signals_request_their_actions(
    send: Send, which: signal.Signals, arguments: list[str], code: int, snapshots: list[int]
) -> None:
    before = {number: signal.getsignal(number) for number in signal.Signals if number.name != "SIGKILL"}
    send({5: which})
    assert train(*arguments) == code
    assert saved() == snapshots
    assert all(signal.getsignal(number) == handler for number, handler in before.items())


def test_stop_and_resume_end_with_the_same_weights(send: Send, in_folder: Path) -> None:
    assert train() == 0
    whole = fingerprint(in_folder / "r.run/iter_12")
    send({5: signal.SIGTERM, 8: signal.SIGINT})
    assert [train(), train("-resume", "auto"), train("-resume", "auto")] == [75, 0, 0]
    assert saved() == [6, 9, 12]
    assert fingerprint(in_folder / "r.run/iter_12") == whole


def test_stop_interrupts_a_test(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert train() == 0
    whole = fingerprint(in_folder / "r.run/iter_12")
    step, calls = Engine.test_step, []

    def interrupted(self: Engine, *arguments: object) -> object:
        calls.append(0)
        if len(calls) == 9:  # the fourth batch of the second test, at iteration 2: in its second net
            os.kill(os.getpid(), signal.SIGTERM)
        return step(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Engine, "test_step", interrupted)
    assert train() == 75
    assert len(calls) == 9
    assert "Test interrupted." in capfd.readouterr().err
    assert saved() == [2]
    assert train("-resume", "auto") == 0
    assert fingerprint(in_folder / "r.run/iter_12") == whole, "what the test had begun is undone"


def test_sigterm_without_a_snapshot_does_not_exit_75(
    send: Send, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("layerzoo.solver.snapshots.saver.write_snapshot", fail)
    send({5: signal.SIGTERM})
    assert train() == 5
    assert "The snapshot of iteration 6 can't be written: No space left on device" in capfd.readouterr().err


def test_sigint_a_second_time_interrupts_at_once(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    send({5: signal.SIGINT})
    from layerzoo.solver.snapshots import saver as saving

    write = saving.write_snapshot

    def interrupted(*arguments: object) -> Path:
        os.kill(os.getpid(), signal.SIGINT)
        return write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(saving, "write_snapshot", interrupted)
    assert train() == 130
    assert saved() == []


def test_sigint_after_sigterm_counts_as_the_first(send: Send) -> None:
    actions = Actions()
    with actions.listening():
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        assert actions.terminated
        assert actions.take(Ranks()) == Action.STOP
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_listening_in_another_thread_does_nothing() -> None:
    codes = []
    thread = threading.Thread(target=lambda: codes.append(train("-set", "max_iter=1")))
    thread.start()
    thread.join()
    assert codes == [0]


def test_process_under_a_scheduler_exits_75_and_resumes(in_folder: Path) -> None:
    """SIGTERM at any moment of training leads to exit code 75; the same command then resumes."""
    solver = in_folder / "solver.prototxt"
    solver.write_text(solver.read_text().replace("max_iter: 12", "max_iter: 100000"))
    command = [sys.executable, "-m", "layerzoo", "train", "-solver", "solver.prototxt", "-resume", "auto"]
    root = Path(__file__).parent.parent.parent
    alone = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(root)}
    with subprocess.Popen(command, env=alone, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "Iteration 3, lr" in line:
                process.send_signal(signal.SIGTERM)
                break
        begun = time.monotonic()
        rest = process.stderr.read()
    assert process.returncode == 75, rest
    assert time.monotonic() - begun < 20, "well within any grace period"
    assert "stopped by SIGTERM at iteration" in rest
    assert len(saved()) == 1
    solver.write_text(solver.read_text().replace("max_iter: 100000", f"max_iter: {saved()[0] + 2}"))
    again = subprocess.run(command, env=alone, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert "Optimization Done." in again.stderr
    assert len(saved()) == 2


def test_hangup_before_and_after_training_is_handled(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal goes away while the nets are built, and again while the result is reported."""
    from layerzoo.cli.watching import Summary
    from layerzoo.net import Net

    built, lines = Net.__init__, Summary.lines

    def building(self: Net, *arguments: object, **options: object) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        built(self, *arguments, **options)  # type: ignore[arg-type]

    def reporting(self: Summary, *arguments: object) -> str:
        os.kill(os.getpid(), signal.SIGHUP)
        return lines(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Net, "__init__", building)
    monkeypatch.setattr(Summary, "lines", reporting)
    assert train() == 0
    assert saved() == [1, 12]
    assert train("-sighup_effect", "none") == 0
    assert saved() == [12]
