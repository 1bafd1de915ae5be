"""Overviews of data sets, made by ``layerzoo data overview`` and kept by the state of the data."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal

from layerzoo.atomic import remove
from layerzoo.studio.jobs import Job, Order, Queue
from layerzoo.studio.routing import NotFoundError

OVERVIEW: Final = "overview.json"
_PROGRESS: Final = "progress.json"
_EXACT: Final = 20_000
"""Each file's size and time are part of a stamp up to this number of files, then those of folders."""
_STAMP_S: Final = 3.0
_KEPT: Final = 32
_FILE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,60}\.(?:jpg|png)")
_TAIL: Final = -4000
State = Literal["missing", "waiting", "reading", "failed", "ready"]


@dataclass
class Overview:
    """What is known of a data set.

    Attributes:
        state: missing; waiting and reading: a job makes it; failed; or ready.
        job: id of the job that makes it; empty if there is none.
        done, of: samples that were read, and all.
        error: why it failed.
        report: the content of ``overview.json``.
    """

    state: State
    job: str = ""
    done: int = 0
    of: int = 0
    error: str = ""
    report: dict[str, Any] | None = None


class Overviews:
    """Overviews, in a folder for each path and state of the data.

    Args:
        folder: the folder of all.
        queue: where the jobs are put that make them.
    """

    def __init__(self, folder: Path, queue: Queue) -> None:
        self._folder, self._queue = folder, queue
        self._lock = threading.Lock()
        self._stamps: dict[Path, tuple[float, str]] = {}
        self._reports: dict[Path, tuple[int, dict[str, Any]]] = {}

    def overview(self, path: Path) -> Overview:
        """What is known of the data at a path, as they are now."""
        folder = self.folder(path)
        report = self._report(folder)
        if report is not None:
            return Overview("ready", report=report)
        job = self._job(folder)
        if job is None:
            return Overview("missing")
        if job.state in ("queued", "paused"):
            return Overview("waiting", job.id)
        if job.state == "done":  # it may have ended just now
            report = self._report(folder)
            return Overview("missing") if report is None else Overview("ready", report=report)
        if job.is_active:
            told = _json(folder / _PROGRESS) or {}
            return Overview("reading", job.id, int(told.get("done", 0)), int(told.get("of", 0)))
        return Overview("failed", job.id, error=_error(job))

    def start(self, path: Path, user: str = "") -> Job:
        """Let a job look at the data, if none does; what was known of earlier states is forgotten."""
        with self._lock:
            folder = self.folder(path)
            job = self._job(folder)
            if job is not None and (job.is_active or job.state == "queued"):
                return job
            for other in folder.parent.glob("*"):
                if other != folder:
                    remove(other)
            command = ["data", "overview", str(path), "-out", str(folder)]
            order = Order(command, str(path.parent), f"Look at {path.name}", kind="data", user=user)
            return self._queue.add(order)

    def last(self, path: Path) -> dict[str, Any] | None:
        """The newest overview of a path, of whatever state of the data; None if there is none."""
        for folder in self._newest_first(path):
            if (report := self._report(folder)) is not None:
                return report
        return None

    def picture(self, path: Path, name: str) -> Path:
        """A picture of the newest overview of a path.

        Raises:
            NotFoundError: there is none of that name.
        """
        if _FILE.fullmatch(name):
            for folder in self._newest_first(path):
                if (folder / name).is_file():
                    return folder / name
        raise NotFoundError(f"no picture {name!r}")

    def folder(self, path: Path) -> Path:
        """Where the overview of the data is, as they are now."""
        now = time.monotonic()
        known = self._stamps.get(path)
        if known is None or now - known[0] > _STAMP_S:
            known = now, stamp_of(path)
            self._stamps[path] = known
        return self._of(path) / known[1]

    def _of(self, path: Path) -> Path:
        return self._folder / sha256(os.fsencode(path)).hexdigest()[:20]

    def _report(self, folder: Path) -> dict[str, Any] | None:
        """The report in a folder; the last few are kept, since lists show all sets again and again."""
        path = folder / OVERVIEW
        try:
            changed = path.stat().st_mtime_ns
        except OSError:
            return None
        known = self._reports.get(path)
        if known is None or known[0] != changed:
            report = _json(path)
            if report is None:
                return None
            while len(self._reports) >= _KEPT:
                self._reports.pop(next(iter(self._reports)), None)
            known = self._reports[path] = changed, report
        return known[1]

    def _newest_first(self, path: Path) -> list[Path]:
        with suppress(OSError):
            return sorted(self._of(path).glob("*"), key=lambda one: -one.stat().st_mtime_ns)
        return []

    def _job(self, folder: Path) -> Job | None:
        """The newest job that makes an overview."""
        for job in reversed(self._queue.jobs()):
            command = job.order.command
            if command[:2] == ["data", "overview"] and command[-1] == str(folder):
                return job
        return None


def stamp_of(path: Path) -> str:
    """A text that changes when files of the data come, go, or change; for many files by their folders."""
    digest = sha256()
    with suppress(OSError):
        facts = path.stat()
        digest.update(f"{facts.st_mtime_ns} {facts.st_size}".encode())
    count = 0
    for folder, folders, files in os.walk(path):
        folders.sort()
        with suppress(OSError):
            digest.update(f"{folder} {Path(folder).stat().st_mtime_ns} {len(files)}".encode(errors="replace"))
        if count + len(files) > _EXACT:
            continue
        count += len(files)
        for name in sorted(files):
            with suppress(OSError):
                facts = Path(folder, name).stat()
                digest.update(f"{name} {facts.st_size} {facts.st_mtime_ns}".encode(errors="replace"))
    return digest.hexdigest()[:20]


def _error(job: Job) -> str:
    text = job.output(_TAIL)[0].strip()
    _, found, told = text.rpartition("error: ")
    return told.strip() if found else text or f"the job ended with exit code {job.code}"


def _json(path: Path) -> dict[str, Any] | None:
    with suppress(OSError, ValueError):
        value = json.loads(path.read_text())
        if isinstance(value, dict):
            return value
    return None
