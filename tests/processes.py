"""Starts several connected processes, as torchrun does."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent


def environments(count: int) -> list[dict[str, str]]:
    """The environment of each of ``count`` processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    known = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
    }
    return [{**known, "RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(count)]


def start_processes(args: Sequence[str], folder: Path, count: int = 2) -> list[subprocess.Popen[str]]:
    """Start ``python args…`` in ``count`` processes, in one folder."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return [
        subprocess.Popen([sys.executable, *args], cwd=folder, env=env, **pipes)  # type: ignore[call-overload]
        for env in environments(count)
    ]


def finish(processes: Sequence[subprocess.Popen[str]]) -> list[tuple[int, str, str]]:
    """Wait for all; exit code, stdout and stderr of each. After 120 seconds they are killed."""
    try:
        said = [process.communicate(timeout=120) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(process.returncode, out, err) for process, (out, err) in zip(processes, said, strict=True)]


def run_processes(args: Sequence[str], folder: Path, count: int = 2) -> list[tuple[int, str, str]]:
    """Run ``python args…`` in ``count`` processes; exit code, stdout and stderr of each."""
    return finish(start_processes(args, folder, count))
