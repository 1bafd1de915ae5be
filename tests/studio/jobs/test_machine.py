"""GPUs and memory."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from layerzoo.studio.jobs import machine

LINES = """0, NVIDIA H100, 1024, 81559, 37
1, NVIDIA H100, [N/A], 81559, [Not Supported]
damaged
"""


def test_gpus_are_those_of_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.shutil, "which", lambda name: f"/usr/bin/{name}")
    done = subprocess.CompletedProcess([], 0, LINES)
    monkeypatch.setattr(machine.subprocess, "run", lambda *args, **options: done)
    first, second = machine.gpus()
    assert (first.index, first.name, first.used, first.total, first.busy) == (
        0, "NVIDIA H100", 1024 << 20, 81559 << 20, 37,
    )  # fmt: skip
    assert (second.index, second.used, second.busy) == (1, 0, 0)


def test_a_driver_that_fails_or_hangs_has_no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.shutil, "which", lambda name: name)
    for error in (OSError(), subprocess.TimeoutExpired("x", 5), subprocess.CalledProcessError(9, "x")):

        def fail(*args: Any, error: Exception = error, **options: Any) -> None:
            raise error

        monkeypatch.setattr(machine.subprocess, "run", fail)
        assert machine.gpus() == []
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    assert machine.gpus() == []


def test_memory_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_text", lambda path: "MemTotal: 1000 kB\nMemAvailable: 400 kB\n")
    found = machine.memory()
    assert (found.used, found.total) == (600 * 1024, 1000 * 1024)
    assert found.processors >= 1
