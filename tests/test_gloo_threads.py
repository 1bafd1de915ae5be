"""A process of several ends without an abort."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from layerzoo import gloo_threads
from tests.processes import run_processes

PROGRAM = """
import sys
sys.setswitchinterval(100)  # Python's lock goes to another thread only where this one waits
import torch
from layerzoo.ranks import Ranks
ranks = Ranks.from_environment()
for _ in range(20):
    ranks.average([torch.ones(100_000)])
ranks.gather([1, 2, 3])
"""


def status(folder: Path, thread: int, name: str, state: str, switches: int) -> None:
    task = folder / str(thread)
    task.mkdir(exist_ok=True)
    text = f"Name:\t{name}\nState:\t{state}\nvoluntary_ctxt_switches:\t{switches}\n"
    (task / "status").write_text(text)


def test_a_program_that_ends_right_after_a_call(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    for _ in range(3):
        assert run_processes([str(program)], tmp_path, count=3) == [(0, "", "")] * 3


def test_waits_for_a_thread_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gloo_threads, "_TASKS", tmp_path)
    status(tmp_path, 1, "python", "R (running)", 1)
    status(tmp_path, 2, "pt_gloo_runloop", "R (running)", 7)
    waits = threading.Thread(target=gloo_threads.wait_until_idle)
    waits.start()
    time.sleep(0.1)
    assert waits.is_alive()
    status(tmp_path, 2, "pt_gloo_runloop", "S (sleeping)", 8)
    waits.join(1)
    assert not waits.is_alive()


def test_waits_while_a_thread_goes_to_sleep_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gloo_threads, "_TASKS", tmp_path)
    switches = iter([3, 4, 5, 5, 6])
    states = []

    def activity() -> dict[Path, str]:
        states.append(f"S (sleeping) {next(switches)}")
        return {tmp_path: states[-1]}

    monkeypatch.setattr(gloo_threads, "_activity", activity)
    gloo_threads.wait_until_idle()
    assert states == [f"S (sleeping) {n}" for n in (3, 4, 5, 5)]


def test_ends_after_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gloo_threads, "_TASKS", tmp_path)
    monkeypatch.setattr(gloo_threads, "_LONGEST_S", 0.05)
    status(tmp_path, 2, "pt_gloo_runloop", "R (running)", 7)
    began = time.monotonic()
    gloo_threads.wait_until_idle()
    assert 0.05 <= time.monotonic() - began < 1


def test_without_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gloo_threads, "_TASKS", tmp_path / "none")
    began = time.monotonic()
    gloo_threads.wait_until_idle()
    assert time.monotonic() - began >= 0.1
