"""Kill processes of runs at random moments, and compare the weights with those of an undisturbed run."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file

from layerzoo.snapshot import list_snapshots
from tests.launching.launches import free_place
from tests.processes import ROOT

NET = """
layer:
- {name: d, type: DrawnData, top: [x, t], drawn_data_param: {task: waves, batch_size: 8}}
- {name: ip, type: InnerProduct, bottom: x, top: ip, inner_product_param: {num_output: 10}}
- {name: drop, type: Dropout, bottom: ip, top: ip}
- {name: loss, type: SoftmaxWithLoss, bottom: [ip, t], top: loss}
"""
SOLVER = """
net: net.yaml
base_lr: 0.01
lr_policy: step
gamma: 0.5
stepsize: 100
momentum: 0.9
debug_info: true
display: 0
snapshot: 20
max_iter: 400
snapshot_prefix: r
solver_mode: CPU
random_seed: 3
"""
DEADLINE = 300.0
_LONGEST = 20.0
"""Seconds between two kills, at most."""
_LAUNCH = 0.15
"""The share of kills that strike the process that launches."""


@dataclass
class Report:
    """What was killed, and what was wrong afterwards.

    Attributes:
        kills: how often the first process, another one and a launch were killed.
        runs: how many runs were trained to their end.
        wrong: what was wrong, one line each.
    """

    kills: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    wrong: list[str] = field(default_factory=list)


def kill_often(folder: Path, count: int, seed: int, machines: int = 1) -> Report:
    """Train, and kill a process at a random moment, ``count`` times, in as many runs as that needs.

    Args:
        folder: for the runs.
        count: of kills.
        seed: of what is killed, and when.
        machines: launches of a run, each for a machine; 1 or 2.
    """
    draws, report = random.Random(seed), Report()
    began = time.monotonic()
    expected = _undisturbed(folder / "undisturbed")
    length = min(time.monotonic() - began, _LONGEST)
    while report.kills.total() < count and not report.wrong:
        run = folder / f"run{report.runs}"
        _write(run)
        left = count - report.kills.total()
        code, log = _disturbed(run, machines, left, draws, length, report)
        report.runs += 1
        if code:
            report.wrong.append(f"run {report.runs} ended with exit code {code}:\n{log}")
        elif not _same(_weights(run), expected):
            report.wrong.append(f"run {report.runs} ended with other weights")
        elif found := sorted(path.name for path in run.glob(".*")):
            report.wrong.append(f"run {report.runs} left {', '.join(found)}")
    return report


def _write(folder: Path) -> None:
    folder.mkdir()
    (folder / "net.yaml").write_text(NET)
    (folder / "solver.yaml").write_text(SOLVER)


class _Launches:
    """The launches of a run, one for each machine.

    Args:
        folder: of the run.
        machines: their number; of two each has one process, one has two.
    """

    def __init__(self, folder: Path, machines: int) -> None:
        self.folder = folder
        self._flags = ["-processes", str(2 // machines), "-restarts", "1000", "-resume", "auto"]
        if machines > 1:
            self._flags += ["-machines", str(machines), "-rendezvous", free_place()]
        self.all = [self._start() for _ in range(machines)]

    def _start(self) -> subprocess.Popen[str]:
        with (self.folder / "err.txt").open("a") as err:
            return subprocess.Popen(
                [sys.executable, "-m", "layerzoo", "train", "-solver", "solver.yaml", *self._flags],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
                stdout=subprocess.DEVNULL,
                stderr=err,
                text=True,
            )

    def have_ended(self) -> bool:
        """Whether one has ended by itself."""
        return any(each.poll() is not None for each in self.all)

    def processes(self) -> list[int]:
        """The processes that train, those of the first launch first."""
        return [pid for each in self.all for pid in sorted(_children(each.pid))]

    def kill_one(self, number: int) -> None:
        """Kill a launch, and start it again once its processes have ended."""
        launch = self.all[number]
        processes = _children(launch.pid)
        launch.kill()
        launch.wait()
        _wait_for_end(processes)
        self.all[number] = self._start()

    def wait(self) -> int:
        """Wait for the end of all; the greatest exit code."""
        return max(each.wait(DEADLINE) for each in self.all)

    def kill(self) -> None:
        """Kill all."""
        for each in self.all:
            each.kill()


def _undisturbed(folder: Path) -> dict[str, torch.Tensor]:
    _write(folder)
    if _Launches(folder, 1).wait():
        raise AssertionError((folder / "err.txt").read_text())
    return _weights(folder)


def _disturbed(
    folder: Path, machines: int, left: int, draws: random.Random, length: float, report: Report
) -> tuple[int, str]:
    """Train with kills; exit code and what was logged."""
    launches = _Launches(folder, machines)
    try:
        while left:
            pause = time.monotonic() + draws.uniform(0, length)
            while not launches.have_ended() and time.monotonic() < pause:
                time.sleep(0.005)
            processes = launches.processes()
            if launches.have_ended():
                break
            if draws.random() < _LAUNCH:
                launches.kill_one(draws.randrange(machines))
                report.kills["launch"] += 1
            elif processes:
                place = draws.randrange(len(processes))
                with suppress(ProcessLookupError):
                    os.kill(processes[place], signal.SIGKILL)
                report.kills["first" if place == 0 else "other"] += 1
            else:
                continue  # between two attempts
            left -= 1
        return launches.wait(), (folder / "err.txt").read_text()[-3000:]
    finally:
        launches.kill()


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _wait_for_end(processes: list[int]) -> None:
    """Wait until processes have stopped by themselves, as they do without their launch."""
    deadline = time.monotonic() + DEADLINE
    while any(Path(f"/proc/{pid}").exists() for pid in processes):
        if time.monotonic() > deadline:
            raise AssertionError("processes go on without their launch")
        time.sleep(0.05)


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(list_snapshots(folder / "r.run")[-1][1] / "weights.safetensors")


def _same(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> bool:
    return found.keys() == expected.keys() and all(
        torch.equal(found[name].view(torch.uint8), blob.view(torch.uint8)) for name, blob in expected.items()
    )
