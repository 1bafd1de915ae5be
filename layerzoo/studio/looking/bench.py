"""The worker's process: started on first use, ended when it takes too long, started again after a crash."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from layerzoo.errors import UsageError

SECONDS: Final = 45.0
"""The longest time of a request, below that of a route."""
_MAX_WAITING: Final = 12
"""Requests that wait; each takes a thread of the server."""
_MAX_ANSWER: Final = 64 << 20
_LOG: Final = "worker.log"
_LOG_BYTES: Final = 1 << 20
COMMAND: Final = (sys.executable, "-m", "layerzoo.studio.worker")


class Bench:
    """The worker, which runs nets for the studio: one request at a time.

    Args:
        folder: where its log is; the files that its tasks write are given with each request.
        cwd: the folder that relative paths in configs start from.
        command: the program.
    """

    def __init__(self, folder: Path, cwd: Path, command: Sequence[str] = COMMAND) -> None:
        self._folder, self._cwd, self._command = folder, cwd, list(command)
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(_MAX_WAITING)
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, task: str, seconds: float = SECONDS, **values: Any) -> Any:
        """Have the worker run a task.

        Args:
            task: its name, of `layerzoo.studio.worker`.
            seconds: after this time the worker is ended; waiting for its other requests counts.
            values: the task's arguments, as JSON's types.

        Raises:
            UsageError: the task refused, took too long, or the process ended.
        """
        if not self._places.acquire(blocking=False):
            raise UsageError(f"{_MAX_WAITING} requests wait for the worker already; try again in a moment")
        try:
            end = time.monotonic() + seconds
            if not self._lock.acquire(timeout=seconds):
                raise UsageError(
                    f"the worker was busy with other requests for {seconds:g} seconds; try again"
                )
            try:
                line = json.dumps({"task": task, "values": values}).encode() + b"\n"
                answer = self._exchange(line, end, seconds)
            finally:
                self._lock.release()
        finally:
            self._places.release()
        if "error" in answer:
            raise UsageError(answer["error"])
        return answer["value"]

    @property
    def pid(self) -> int | None:
        """The worker's process; None if none runs."""
        process = self._process
        return None if process is None or process.poll() is not None else process.pid

    def close(self) -> None:
        """End the worker."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)

    def _exchange(self, line: bytes, end: float, seconds: float) -> dict[str, Any]:
        code = 0
        for _ in range(2):  # a worker that was idle may end, with code 0, as it is asked
            process = self._running()
            assert process.stdin is not None
            try:
                process.stdin.write(line)
                process.stdin.flush()
                text = _line(process, end)
            except TimeoutError:
                self.close()
                raise UsageError(f"this took more than {seconds:g} seconds, so it was stopped") from None
            except OSError:
                text = b""
            if text:
                answer: dict[str, Any] = json.loads(text)
                return answer
            code = process.wait()
            self.close()
            if code != 0:
                break
        raise UsageError(f"the worker's process ended (exit code {code}){self._last_words()}; try again")

    def _running(self) -> subprocess.Popen[bytes]:
        process = self._process
        if process is not None and process.poll() is None:
            return process
        if process is not None:
            _end(process)
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / _LOG
        with suppress(OSError):
            if path.stat().st_size > _LOG_BYTES:
                path.replace(path.with_suffix(".old"))
        with path.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self._cwd,
                env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},  # GPUs are for what trains
                start_new_session=True,
            )
        return self._process

    def _last_words(self) -> str:
        with suppress(OSError):
            lines = (self._folder / _LOG).read_text(errors="replace").strip().splitlines()
            if lines:
                return f": {lines[-1][:300]}"
        return ""


def _line(process: subprocess.Popen[bytes], end: float) -> bytes:
    """A line of what a process writes; empty if it has ended."""
    assert process.stdout is not None
    descriptor, data = process.stdout.fileno(), bytearray()
    while not data.endswith(b"\n"):
        left = end - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            raise TimeoutError
        piece = os.read(descriptor, 1 << 20)
        if not piece:
            return b""
        data += piece
        if len(data) > _MAX_ANSWER:
            raise TimeoutError
    return bytes(data)


def _end(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    process.kill()
    process.wait()
