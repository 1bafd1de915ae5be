"""How a launch ends: exit codes, messages and restarts."""

from __future__ import annotations

import errno
import logging
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from torch.distributed.elastic.agent.server.api import RunResult, Worker, WorkerState

from layerzoo.launching import LaunchFolder, Request
from layerzoo.launching import launch as launch_module
from layerzoo.launching.agent import _report as report_of
from layerzoo.launching.launch import TemporaryFolderError, launch
from layerzoo.launching.machines import Machines
from layerzoo.launching.member import RunEndedError
from layerzoo.launching.relay import Relay
from layerzoo.launching.verdict import Report

Attempt = Callable[[LaunchFolder, Relay], Sequence[int]]
"""Gives the exit codes of two processes."""

KILLED = -int(signal.SIGKILL)
TERMINATED = -int(signal.SIGTERM)


def _run(monkeypatch: pytest.MonkeyPatch, attempts: Sequence[Attempt], restarts: int = 0) -> int:
    """Launch two processes, whose attempts end as said; the exit code."""
    waiting = list(attempts)

    def run_attempt(
        asked: Request, place: object, machines: Machines, folder: LaunchFolder, relay: Relay
    ) -> Report:
        codes = waiting.pop(0)(folder, relay)
        workers = [Worker(rank, rank, rank, 2, 2) for rank in range(len(codes))]
        for worker, code in zip(workers, codes, strict=True):
            worker.id = 100 + worker.global_rank
            if code >= 0:
                folder.write_code(worker.global_rank, code)
        failures = {rank: SimpleNamespace(exitcode=code) for rank, code in enumerate(codes) if code}
        result = RunResult(WorkerState.FAILED, failures=failures)  # type: ignore[arg-type]  # a part
        return report_of(workers, result, False, folder, relay)

    monkeypatch.setattr(launch_module, "run_attempt", run_attempt)
    code = launch(Request(2, restarts=restarts), ["train"])
    assert not waiting
    return code


def _ending(*codes: int, begun: bool = True) -> Attempt:
    """An attempt with these exit codes."""

    def attempt(folder: LaunchFolder, relay: Relay) -> Sequence[int]:
        for rank in range(len(codes) if begun else 0):
            folder.write_begun(rank, "/runs/r")
        return codes

    return attempt


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((0, 0), 0),
        ((2, 2), 2),
        ((1, 4), 4),  # the main process lost the one that couldn't read its data
        ((3, 1), 3),
        ((5, 0), 5),
        ((4, TERMINATED), 4),
        ((75, 75), 75),
        ((1, 1), 1),
        ((1, TERMINATED), 1),  # the main process says why; the agent has ended the other one
    ],
)
def test_exit_code_is_that_of_the_error_that_began_it(
    monkeypatch: pytest.MonkeyPatch, codes: tuple[int, int], expected: int
) -> None:
    assert _run(monkeypatch, [_ending(*codes)]) == expected


def test_killed_process_is_named_with_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def attempt(folder: LaunchFolder, relay: Relay) -> Sequence[int]:
        log = folder.path / "logs" / "layerzoo_x" / "attempt_0" / "1"
        log.mkdir(parents=True)
        (log / "stderr.log").write_text("my last words\n")
        folder.write_begun(0, "/runs/r")
        return 0, KILLED

    with pytest.raises(RunEndedError) as raised:
        _run(monkeypatch, [attempt])
    assert str(raised.value) == (
        "process 1 of 2 (pid 101) was killed by SIGKILL, as the system does with a process if memory runs "
        "out; the same command with -resume auto goes on from the newest snapshot\nits last lines:\n"
        "  my last words"
    )


def test_processes_that_the_agent_ended_are_not_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RunEndedError, match=r"^process 1 of 2 \(pid 101\) was killed by SIGSEGV$"):
        _run(monkeypatch, [_ending(TERMINATED, -int(signal.SIGSEGV), begun=False)])


def test_unknown_signal_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RunEndedError, match=r"process 0 of 2 \(pid 100\) was killed by signal 99$"):
        _run(monkeypatch, [_ending(-99, TERMINATED, begun=False)])


def test_death_restarts_the_run_as_often_as_allowed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    causes: list[tuple[int, str]] = []

    def last(folder: LaunchFolder, relay: Relay) -> Sequence[int]:
        causes.append(folder.attempt())
        return 0, 0

    with caplog.at_level(logging.WARNING, "layerzoo"):
        assert _run(monkeypatch, [_ending(0, KILLED), _ending(1, 1), last], restarts=2) == 0
    assert causes == [(2, "a process failed")]
    assert [record.getMessage() for record in caplog.records] == [
        "process 1 of 2 (pid 101) was killed by SIGKILL; starting again from the newest snapshot "
        "(restart 1 of 2)",
        "a process failed; starting again from the newest snapshot (restart 2 of 2)",
    ]
    with pytest.raises(RunEndedError, match="all 1 restarts are used up"):
        _run(monkeypatch, [_ending(0, KILLED), _ending(KILLED, TERMINATED)], restarts=1)


@pytest.mark.parametrize("codes", [(2, 2), (3, 1), (4, 1), (75, 75)])
def test_errors_that_a_restart_cannot_mend_end_the_run(
    monkeypatch: pytest.MonkeyPatch, codes: tuple[int, int]
) -> None:
    assert _run(monkeypatch, [_ending(*codes)], restarts=5) == codes[0]


def test_error_before_training_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run(monkeypatch, [_ending(1, 1, begun=False)], restarts=5) == 1


@pytest.mark.parametrize(
    ("number", "codes", "expected"),
    [
        (signal.SIGINT, (0, 0), 0),
        (signal.SIGINT, (130, 130), 130),
        (signal.SIGTERM, (75, 75), 75),
        (signal.SIGTERM, (TERMINATED, TERMINATED), 75),
        (signal.SIGTERM, (5, 0), 5),
    ],
)
def test_asked_to_stop_is_no_reason_for_a_restart(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals, codes: tuple[int, int], expected: int
) -> None:
    def attempt(folder: LaunchFolder, relay: Relay) -> Sequence[int]:
        relay.pids = lambda: [1 << 30]  # no such process
        signal.raise_signal(number)
        return codes

    assert _run(monkeypatch, [attempt], restarts=5) == expected


def test_ctrl_c_before_training_is_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    def attempt(folder: LaunchFolder, relay: Relay) -> Sequence[int]:
        relay.pids = lambda: [1 << 30]
        signal.raise_signal(signal.SIGINT)
        return TERMINATED, TERMINATED

    with pytest.raises(KeyboardInterrupt):
        _run(monkeypatch, [attempt], restarts=5)


def test_folder_of_a_launch_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Path] = []

    def attempt(folder: LaunchFolder, relay: Relay) -> Sequence[int]:
        seen.append(folder.path)
        assert folder.words() == ["train"]
        return 0, 0

    assert _run(monkeypatch, [attempt]) == 0
    assert not seen[0].exists()


def test_full_disk_between_attempts_is_told_with_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: LaunchFolder, attempt: int, cause: str, prefix: str | None) -> None:
        if attempt:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp/l/attempt.part")

    monkeypatch.setattr(LaunchFolder, "write_attempt", full)
    with pytest.raises(TemporaryFolderError) as raised:
        _run(monkeypatch, [_ending(0, KILLED)], restarts=1)
    assert str(raised.value) == (
        "process 1 of 2 (pid 101) was killed by SIGKILL, and the processes can't be started: can't write to "
        "'/tmp/l/attempt.part' in the folder of temporary files (No space left on device); free space there, "
        "or set TMPDIR to a folder on another disk; the same command with -resume auto goes on from the "
        "newest snapshot"
    )


def test_machine_without_a_temporary_folder_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*args: object, **kwargs: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(launch_module, "TemporaryDirectory", none)
    with pytest.raises(TemporaryFolderError, match=r"temporary files \(No usable temporary directory found"):
        _run(monkeypatch, [])


def test_error_that_is_none_of_a_disk_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def attempt(folder: LaunchFolder, relay: Relay) -> Sequence[int]:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    with pytest.raises(BlockingIOError):
        _run(monkeypatch, [attempt])
