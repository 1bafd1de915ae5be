"""Whole launches: two processes on this machine, and two machines."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from layerzoo.snapshot import list_snapshots
from tests.processes import ROOT

NET = """
name: spirals
layer:
- {name: d, type: DrawnData, top: [x, t], drawn_data_param: {task: waves, batch_size: 8}}
- name: ip
  type: InnerProduct
  bottom: x
  top: ip
  inner_product_param: {num_output: 10, weight_filler: {type: xavier}}
- {name: drop, type: Dropout, bottom: ip, top: ip}
- {name: loss, type: SoftmaxWithLoss, bottom: [ip, t], top: loss}
"""
SOLVER = """
net: net.yaml
base_lr: 0.01
lr_policy: fixed
momentum: 0.9
display: 10
snapshot: 50
max_iter: 200
snapshot_prefix: r
solver_mode: CPU
random_seed: 3
"""
DEADLINE = 120


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a net and its solver."""
    (tmp_path / "net.yaml").write_text(NET)
    (tmp_path / "solver.yaml").write_text(SOLVER)
    return tmp_path


def _start(folder: Path, *flags: str) -> subprocess.Popen[str]:
    """Start ``layerzoo train`` in a folder."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("RANK", "WORLD"))}
    return subprocess.Popen(
        [sys.executable, "-m", "layerzoo", "train", "-solver", "solver.yaml", *flags],
        cwd=folder,
        env={**variables, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the end; exit code and what was logged."""
    try:
        out, err = process.communicate(timeout=DEADLINE)
    finally:
        process.kill()
    assert out == ""
    return process.returncode, err


def _train(folder: Path, *flags: str) -> tuple[int, str]:
    return _finish(_start(folder, *flags))


def _wait_for(folder: Path, text: str) -> None:
    """Wait until the log of the run has a text."""
    log, deadline = folder / "r.run" / "log.txt", time.monotonic() + DEADLINE
    while not (log.exists() and text in log.read_text()):
        assert time.monotonic() < deadline, f"no '{text}' in {log}"
        time.sleep(0.05)


def _children(process: subprocess.Popen[str]) -> list[int]:
    """The processes that another has started, by their start."""
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(list_snapshots(folder / "r.run")[-1][1] / "weights.safetensors")


def _errors(log: str) -> list[str]:
    return re.findall(r"^(?:process \d+: )?error: .*$", log, re.MULTILINE)


def test_processes_train_as_one_with_their_batches_together(folder: Path, tmp_path: Path) -> None:
    code, log = _train(folder, "-processes", "2", "-set", "max_iter=20")
    assert code == 0, log
    assert log.count("Optimization Done.") == 1
    assert "process 1:" not in log
    one = tmp_path / "one"
    one.mkdir()
    (one / "net.yaml").write_text(NET.replace("batch_size: 8", "batch_size: 16"))
    (one / "solver.yaml").write_text(SOLVER)
    assert _train(one, "-set", "max_iter=20")[0] == 0
    trained, expected = _weights(folder), _weights(one)
    assert trained.keys() == expected.keys()
    for name, blob in expected.items():
        torch.testing.assert_close(trained[name], blob, rtol=1e-5, atol=1e-7)


def test_fault_of_a_config_is_told_once(folder: Path) -> None:
    (folder / "solver.yaml").write_text(SOLVER.replace("momentum", "moment"))
    code, log = _train(folder, "-processes", "2")
    assert code == 2
    assert log.count("did you mean 'momentum'?") == 1, log


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 75)])
def test_signal_stops_all_with_one_snapshot(folder: Path, number: signal.Signals, code: int) -> None:
    running = _start(folder, "-processes", "2", "-set", "max_iter=1000000", "-set", "snapshot=0")
    _wait_for(folder, "Iteration 10 ")
    running.send_signal(number)
    ended, log = _finish(running)
    assert ended == code, log
    assert len(list_snapshots(folder / "r.run")) == 1
    assert _errors(log) == (
        [] if code == 0 else [f"error: stopped by SIGTERM at iteration {_last(folder)}"]
    ), log


def _last(folder: Path) -> int:
    return list_snapshots(folder / "r.run")[-1][0]


@pytest.mark.parametrize("rank", [0, 1])
def test_killed_process_ends_the_run_and_is_named(folder: Path, rank: int) -> None:
    running = _start(folder, "-processes", "2", "-set", "max_iter=1000000")
    _wait_for(folder, "Iteration 60 ")
    processes = sorted(_children(running))
    assert len(processes) == 2
    os.kill(processes[rank], signal.SIGKILL)
    began = time.monotonic()
    code, log = _finish(running)
    assert time.monotonic() - began < 100  # the figure is 10 seconds
    assert code == 1
    assert len(_errors(log)) == 1, log
    assert f"error: process {rank} of 2 (pid {processes[rank]}) was killed by SIGKILL" in log
    assert "the same command with -resume auto goes on from the newest snapshot" in log
    for pid in processes:
        assert not Path(f"/proc/{pid}").exists()
    assert _last(folder) >= 50


def test_process_that_hangs_when_another_dies_is_killed(folder: Path) -> None:
    running = _start(folder, "-processes", "2", "-set", "max_iter=1000000")
    _wait_for(folder, "Iteration 10 ")
    first, second = sorted(_children(running))
    os.kill(second, signal.SIGSTOP)
    os.kill(first, signal.SIGKILL)
    code, log = _finish(running)
    assert code == 1
    assert f"error: process 0 of 2 (pid {first}) was killed by SIGKILL" in log, log


def test_run_restarts_from_its_newest_snapshot(folder: Path, tmp_path: Path) -> None:
    """The weights are those of a run that nothing has killed, also with -new and initial weights."""
    whole = tmp_path / "whole"
    whole.mkdir()
    (whole / "net.yaml").write_text(NET)
    (whole / "solver.yaml").write_text(SOLVER)
    assert _train(whole, "-processes", "2")[0] == 0
    slow = SOLVER + "debug_info: true\n"  # slower, so that the kill comes in time
    (folder / "solver.yaml").write_text(slow)
    running = _start(folder, "-processes", "2", "-restarts", "2", "-new")
    _wait_for(folder, "Snapshotting to")
    os.kill(sorted(_children(running))[1], signal.SIGKILL)
    code, log = _finish(running)
    assert code == 0, log
    assert "was killed by SIGKILL; starting again from the newest snapshot (restart 1 of 2)" in log
    assert "Restart 1: process 1 of 2" in (folder / "r.run" / "log.txt").read_text()
    assert [path.name for path in folder.glob("*.run")] == ["r.run"]
    trained, expected = _weights(folder), _weights(whole)
    assert list_snapshots(folder / "r.run")[-1][0] == 200
    for name, blob in expected.items():
        torch.testing.assert_close(trained[name], blob, rtol=0, atol=0)


def test_processes_stop_when_their_launch_is_killed(folder: Path) -> None:
    running = _start(folder, "-processes", "2", "-set", "max_iter=1000000", "-set", "snapshot=0")
    _wait_for(folder, "Iteration 10 ")
    processes = _children(running)
    running.kill()
    running.communicate()
    deadline = time.monotonic() + DEADLINE
    while any(Path(f"/proc/{pid}").exists() for pid in processes):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert len(list_snapshots(folder / "r.run")) == 1


def test_two_machines_meet(folder: Path) -> None:
    """Two launches on one machine stand for two machines."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    flags = ("-processes", "1", "-machines", "2", "-rendezvous", place, "-set", "max_iter=20")
    launches = [_start(folder, *flags) for _ in range(2)]
    found = [_finish(each) for each in launches]
    assert [code for code, _ in found] == [0, 0], found
    logs = "".join(log for _, log in found)
    assert logs.count("Optimization Done.") == 1
    assert logs.count("Training in 2 processes") == 1


def test_rendezvous_that_cannot_be_reached_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flags: Sequence[str] = ("-machines", "2", "-rendezvous", "nowhere.invalid:29400")
    code, log = _train(folder, *flags)
    assert code == 2
    assert "-rendezvous nowhere.invalid:29400: unknown host 'nowhere.invalid'" in log, log
