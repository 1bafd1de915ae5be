"""Pictures of transforms, from processes ``layerzoo data preview`` that stay while they are used."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

from layerzoo.errors import UsageError

_IDLE_S: Final = 120.0
_ANSWER_S: Final = 50.0
_MOST: Final = 2
_ANSWER_BYTES: Final = 32 << 20


class Previews:
    """A few processes, each for one path; the one that was unused for longest makes room for another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: dict[Path, _Process] = {}
        self._timer: threading.Timer | None = None

    def answer(self, path: Path, request: dict[str, Any]) -> dict[str, Any]:
        """The pictures of a request; see `layerzoo data preview`.

        Raises:
            UsageError: the request, or the data, can't be used.
        """
        process = self._of(path)
        with process.lock:
            answer = process.ask(request)
        if "error" in answer:
            raise UsageError(str(answer["error"]))
        return answer

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            for process in self._processes.values():
                process.end()
            self._processes.clear()

    def _of(self, path: Path) -> _Process:
        with self._lock:
            known = self._processes.get(path)
            if known is None or not known.is_alive:
                if known is not None:
                    known.end()
                while len(self._processes) >= _MOST and path not in self._processes:
                    oldest = min(self._processes, key=lambda one: self._processes[one].used)
                    self._processes.pop(oldest).end()
                known = self._processes[path] = _Process(path)
            known.used = time.monotonic()
            if self._timer is None or not self._timer.is_alive():
                self._look_later()
            return known

    def _look_later(self) -> None:
        self._timer = threading.Timer(_IDLE_S, self._end_idle)
        self._timer.daemon = True
        self._timer.start()

    def _end_idle(self) -> None:
        with self._lock:
            for path, process in list(self._processes.items()):
                if time.monotonic() - process.used >= _IDLE_S:
                    self._processes.pop(path).end()
            if self._processes:
                self._look_later()


class _Process:
    """A process; one thread at a time asks it."""

    def __init__(self, path: Path) -> None:
        self.lock = threading.Lock()
        self.used = time.monotonic()
        self._errors = TemporaryFile()  # noqa: SIM115  # as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "layerzoo", "data", "preview", str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request; its ``error`` if there is none in time."""
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        line = self._line()
        with suppress(ValueError):
            answer = json.loads(line)
            if isinstance(answer, dict):
                return answer
        self._process.kill()
        self._process.wait()
        told = ""
        with suppress(ValueError):  # another thread has ended it
            self._errors.seek(0)
            told = self._errors.read(1 << 16).decode(errors="replace").strip()
        return {"error": told.rpartition("error: ")[2] or "the pictures were not made in time"}

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        for file in (self._process.stdin, self._process.stdout, self._errors):
            with suppress(OSError):
                file.close()

    def _line(self) -> bytes:
        """A line of its output; empty if none comes in time."""
        output = self._process.stdout
        assert output is not None
        end, data = time.monotonic() + _ANSWER_S, bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while not data.endswith(b"\n") and len(data) < _ANSWER_BYTES:
                if not selector.select(max(0.0, end - time.monotonic())):
                    return b""
                piece = output.read1(1 << 16)  # type: ignore[attr-defined]  # it is buffered
                if not piece:
                    return b""
                data += piece
        return bytes(data)
