"""Processes that hold locks, for the tests in this folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

ROOT = Path(__file__).parents[2]


class Holding(Protocol):
    """Starts a process of ``holder.py``; returns it and its first line."""

    def __call__(self, *arguments: str) -> tuple[subprocess.Popen[str], str]: ...


@pytest.fixture
def holding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Holding]:
    """Starts processes that hold a lock in the test's folder, and kills them after the test."""
    monkeypatch.chdir(tmp_path)
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> tuple[subprocess.Popen[str], str]:
        process = begin(*arguments)
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    def begin(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.run_lock.holder", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        )
        processes.append(process)
        return process

    start.begin = begin  # type: ignore[attr-defined]  # several at once
    yield start
    for process in processes:
        process.kill()
        process.communicate()
