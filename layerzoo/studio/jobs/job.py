"""A job: its folder, its state and its process."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeGuard

from layerzoo.atomic import atomic_path
from layerzoo.errors import UsageError
from layerzoo.studio.jobs.order import Order
from layerzoo.studio.routing.record import read, written

State = Literal["queued", "running", "stopping", "paused", "done", "failed", "stopped", "lost"]
ORDER: Final = "order.json"
PROCESS: Final = "process.json"
END: Final = "end.json"
START: Final = "start.json"
LOCK: Final = "runner.lock"
WISH: Final = "wish.json"
OUTPUT: Final = "output.txt"
_TAIL: Final = 1 << 16
_START_S: Final = 30.0
"""Time in which a process that was started must say that it runs, before another one is started."""
_BY_SIGNAL: Final = frozenset({75, 130, 143, -signal.SIGTERM, -signal.SIGINT})
"""Exit codes of a command that a signal has ended: training ends with 75 once its snapshot is written; a
command that is not yet listening for signals is ended by them."""


@dataclass
class Job:
    """A job.

    Its folder holds what was asked (``order.json``), when a queue has started it (``start.json``), the
    process that runs it (``process.json``), how it ended (``end.json``), what a user has asked for since
    (``wish.json``) and what it printed (``output.txt``). Each file has one writer and is replaced as a whole.

    Attributes:
        folder: its folder, named by its number.
        order: what it runs.
        created, started, ended: times in seconds since 1970, 0 if it isn't so yet.
        code: exit code, None before its end.
        state: queued, running, stopping, paused, done, failed, stopped, or lost: its process is gone without
            a word, as after a power failure.
        on: the GPUs that it was given.
        starting: a queue has started its process, which has not said yet that it runs.
    """

    folder: Path
    order: Order
    created: float
    started: float = 0.0
    ended: float = 0.0
    code: int | None = None
    state: State = "queued"
    on: tuple[int, ...] = ()
    starting: bool = False

    @classmethod
    def load(cls, folder: Path) -> Job | None:
        """The job of a folder; None if it holds none that can be read."""
        asked = _json(folder / ORDER)
        try:
            job = cls(folder, read(Order, asked["order"]), float(asked["created"]))
        except (UsageError, KeyError, TypeError, ValueError):
            return None
        start, process, end, wish = (_json(folder / name) for name in (START, PROCESS, END, WISH))
        job.started = float(process.get("started", 0))
        job.on = tuple(start.get("on", ()))
        job.ended, code = float(end.get("ended", 0)), end.get("code")
        job.code = code if isinstance(code, int) else None
        job.state = job._state(process, bool(end), str(wish.get("wish", "")))
        recent = abs(time.time() - float(start.get("at", 0))) < _START_S
        job.starting = job.state == "queued" and recent
        return job

    @property
    def id(self) -> str:
        """Its number, as text."""
        return self.folder.name

    @property
    def command(self) -> list[str]:
        """The arguments of ``layerzoo``; those that go on where it was, if it has run before."""
        has_run = self.order.resumable and (self.folder / OUTPUT).exists()
        return self.order.resumed if has_run else self.order.command

    @property
    def is_active(self) -> bool:
        """Whether its process runs."""
        return self.state in ("running", "stopping")

    @property
    def has_ended(self) -> bool:
        """Whether it has ended and not only been paused."""
        return self.state in ("done", "failed", "stopped", "lost")

    def save(self) -> None:
        """Write what it runs."""
        write(self.folder / ORDER, {"created": self.created, "order": written(self.order)})

    def wish(self, wish: Literal["stop", "pause", "kill"]) -> None:
        """Write what a user asks of it."""
        write(self.folder / WISH, {"wish": wish})

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its command: by the process that runs it, or itself if that one is gone."""
        process = _json(self.folder / PROCESS)
        by_runner = number != signal.SIGKILL and is_process(process.get("pid"), process.get("born"))
        pid, birth = (
            process.get(name) for name in (("pid", "born") if by_runner else ("command", "command_born"))
        )
        if is_process(pid, birth):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def requeue(self) -> None:
        """Put it back into the queue: what its last process wrote is kept as output only."""
        for name in (END, PROCESS, START, WISH):
            (self.folder / name).unlink(missing_ok=True)

    def output(self, start: int = 0, limit: int = _TAIL) -> tuple[str, int]:
        """What it printed from a byte on, and the byte after; a negative start counts from the end."""
        try:
            with (self.folder / OUTPUT).open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size + start) if start < 0 else min(start, size))
                data = file.read(limit)
                return data.decode(errors="replace"), file.tell()
        except OSError:
            return "", 0

    def _state(self, process: dict[str, Any], has_end: bool, wish: str) -> State:
        if not process:
            return "paused" if wish == "pause" else "stopped" if wish else "queued"
        if not has_end:
            if not any(is_process(process.get(pid), process.get(birth)) for pid, birth in _PROCESSES):
                return "lost"
            return "stopping" if wish else "running"
        if self.code == 0:  # also where it was at its end before the signal came
            return "done"
        if self.code in _BY_SIGNAL:
            return "paused" if wish == "pause" else "stopped"
        return "stopped" if wish == "kill" else "failed"


_PROCESSES: Final = (("pid", "born"), ("command", "command_born"))
"""A runner and its command. A command whose runner was killed goes on, and ends without a word."""


def write(path: Path, value: dict[str, Any]) -> None:
    """Replace a file of JSON."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(value))


def born(pid: int) -> str:
    """When a process was started, in the system's own count; empty if it isn't known."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return ""


def is_process(pid: object, birth: object) -> TypeGuard[int]:
    """Whether the process still runs, and no other one has its number."""
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        pass
    except OSError:
        return False
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return fields[0] != "Z" and (not birth or fields[19] == birth)
    return True


def _json(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        value = json.loads(path.read_text())
        if isinstance(value, dict):
            return value
    return {}
