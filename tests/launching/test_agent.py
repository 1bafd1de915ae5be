"""Whole launches: two processes on this machine, and two machines."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from layerzoo.snapshot import list_snapshots
from tests.launching.launches import (
    DEADLINE,
    NET,
    SOLVER,
    children,
    errors,
    finish,
    free_place,
    last,
    start,
    train,
    wait_for,
    weights,
)


def test_processes_train_as_one_with_their_batches_together(folder: Path, tmp_path: Path) -> None:
    code, log = train(folder, "-processes", "2", "-set", "max_iter=20")
    assert code == 0, log
    assert log.count("Optimization Done.") == 1
    assert "process 1:" not in log
    one = tmp_path / "one"
    one.mkdir()
    (one / "net.yaml").write_text(NET.replace("batch_size: 8", "batch_size: 16"))
    (one / "solver.yaml").write_text(SOLVER)
    assert train(one, "-set", "max_iter=20")[0] == 0
    trained, expected = weights(folder), weights(one)
    assert trained.keys() == expected.keys()
    for name, blob in expected.items():
        torch.testing.assert_close(trained[name], blob, rtol=1e-5, atol=1e-7)


def test_fault_of_a_config_is_told_once(folder: Path) -> None:
    (folder / "solver.yaml").write_text(SOLVER.replace("momentum", "moment"))
    code, log = train(folder, "-processes", "2")
    assert code == 2
    assert log.count("did you mean 'momentum'?") == 1, log


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 75)])
def test_signal_stops_all_with_one_snapshot(folder: Path, number: signal.Signals, code: int) -> None:
    running = start(folder, "-processes", "2", "-set", "max_iter=1000000", "-set", "snapshot=0")
    wait_for(folder, "Iteration 10 ")
    running.send_signal(number)
    ended, log = finish(running)
    assert ended == code, log
    assert len(list_snapshots(folder / "r.run")) == 1
    assert errors(log) == ([] if code == 0 else [f"error: stopped by SIGTERM at iteration {last(folder)}"]), (
        log
    )


@pytest.mark.parametrize("rank", [0, 1])
def test_killed_process_ends_the_run_and_is_named(folder: Path, rank: int) -> None:
    running = start(folder, "-processes", "2", "-set", "max_iter=1000000")
    wait_for(folder, "Iteration 60 ")
    processes = sorted(children(running))
    assert len(processes) == 2
    os.kill(processes[rank], signal.SIGKILL)
    began = time.monotonic()
    code, log = finish(running)
    assert time.monotonic() - began < 100  # the figure is 10 seconds
    assert code == 1
    assert len(errors(log)) == 1, log
    assert f"error: process {rank} of 2 (pid {processes[rank]}) was killed by SIGKILL" in log
    assert "the same command with -resume auto goes on from the newest snapshot" in log
    for pid in processes:
        assert not Path(f"/proc/{pid}").exists()
    assert last(folder) >= 50


def test_process_that_hangs_when_another_dies_is_killed(folder: Path) -> None:
    running = start(folder, "-processes", "2", "-set", "max_iter=1000000")
    wait_for(folder, "Iteration 10 ")
    first, second = sorted(children(running))
    os.kill(second, signal.SIGSTOP)
    os.kill(first, signal.SIGKILL)
    code, log = finish(running)
    assert code == 1
    assert f"error: process 0 of 2 (pid {first}) was killed by SIGKILL" in log, log


def test_run_restarts_from_its_newest_snapshot(folder: Path, tmp_path: Path) -> None:
    """The weights are those of a run that nothing has killed, also with -new and initial weights."""
    whole = tmp_path / "whole"
    whole.mkdir()
    (whole / "net.yaml").write_text(NET)
    (whole / "solver.yaml").write_text(SOLVER)
    assert train(whole, "-processes", "2")[0] == 0
    slow = SOLVER + "debug_info: true\n"  # slower, so that the kill comes in time
    (folder / "solver.yaml").write_text(slow)
    running = start(folder, "-processes", "2", "-restarts", "2", "-new")
    wait_for(folder, "Snapshotting to")
    os.kill(sorted(children(running))[1], signal.SIGKILL)
    code, log = finish(running)
    assert code == 0, log
    assert "was killed by SIGKILL; starting again from the newest snapshot (restart 1 of 2)" in log
    assert "Restart 1: process 1 of 2" in (folder / "r.run" / "log.txt").read_text()
    assert [path.name for path in folder.glob("*.run")] == ["r.run"]
    trained, expected = weights(folder), weights(whole)
    assert list_snapshots(folder / "r.run")[-1][0] == 200
    for name, blob in expected.items():
        torch.testing.assert_close(trained[name], blob, rtol=0, atol=0)


def test_processes_stop_when_their_launch_is_killed(folder: Path) -> None:
    running = start(folder, "-processes", "2", "-set", "max_iter=1000000", "-set", "snapshot=0")
    wait_for(folder, "Iteration 10 ")
    processes = children(running)
    running.kill()
    running.communicate()
    deadline = time.monotonic() + DEADLINE
    while any(Path(f"/proc/{pid}").exists() for pid in processes):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert len(list_snapshots(folder / "r.run")) == 1


def test_two_machines_meet(folder: Path) -> None:
    """Two launches on one machine stand for two machines."""
    flags = ("-processes", "1", "-machines", "2", "-rendezvous", free_place(), "-set", "max_iter=20")
    launches = [start(folder, *flags) for _ in range(2)]
    found = [finish(each) for each in launches]
    assert [code for code, _ in found] == [0, 0], found
    logs = "".join(log for _, log in found)
    assert logs.count("Optimization Done.") == 1
    assert logs.count("Training in 2 processes") == 1


def test_rendezvous_that_cannot_be_reached_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flags: Sequence[str] = ("-machines", "2", "-rendezvous", "nowhere.invalid:29400")
    code, log = train(folder, *flags)
    assert code == 2
    assert "-rendezvous nowhere.invalid:29400: unknown host 'nowhere.invalid'" in log, log
