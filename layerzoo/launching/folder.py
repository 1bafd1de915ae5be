"""The folder through which the program that launches and the processes that it starts tell each other."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

log = logging.getLogger("layerzoo")

VARIABLE: Final = "LAYERZOO_LAUNCH"
"""The environment variable that names the folder."""

IN_ORDER: Final = frozenset({0, 5, 75, 130, 141})
"""Exit codes of processes that ended as they were asked to, or together with the others."""

_CODE: Final = "{:4d}"
"""The file of an exit code, which is as long as ``null``: on a full disk it is written in place."""

_unwritable: set[Path] = set()
"""Folders whose disk this process has told to be full."""


@dataclass(frozen=True)
class LaunchFolder:
    """A folder on this machine, of one launch; each file has one writer.

    Attributes:
        path: the folder.
    """

    path: Path

    @classmethod
    def current(cls) -> Self | None:
        """The folder of the launch that this process is part of; None if it was not started by one."""
        path = os.environ.get(VARIABLE)
        return cls(Path(path)) if path else None

    def write_words(self, words: Sequence[str]) -> None:
        """Keep the command line of the processes."""
        self._write("words", list(words))

    def words(self) -> list[str]:
        """The command line of the processes."""
        return list(self._read("words") or [])

    def write_attempt(self, attempt: int, cause: str, prefix: str | None = None) -> None:
        """Keep the number of the attempt, from 0, and why the one before it ended; forget its exit codes.

        Args:
            attempt, cause: the number, and why.
            prefix: the ``snapshot_prefix`` of the run, if it has begun; another machine may have begun it.
        """
        for path in self.path.glob("code*"):
            path.unlink()
        self._write("attempt", {"number": attempt, "cause": cause, "prefix": prefix})

    def attempt(self) -> tuple[int, str]:
        """The number of the attempt, and why the one before it ended."""
        found = self._read("attempt") or {}
        return int(found.get("number", 0)), str(found.get("cause", ""))

    def write_begun(self, rank: int, prefix: str) -> None:
        """Keep that a process has begun to train, and the ``snapshot_prefix`` of its run."""
        self._tell(f"begun{rank}", {"attempt": self.attempt()[0], "prefix": prefix})

    def begun_prefix(self, ranks: Iterable[int]) -> str | None:
        """The ``snapshot_prefix`` of the run that processes have begun, in this attempt or before."""
        found = [self._read(f"begun{rank}") for rank in ranks]
        begun = [each["prefix"] for each in [*found, self._read("attempt")] if each and each.get("prefix")]
        return str(begun[0]) if begun else None

    def has_begun(self, rank: int) -> bool:
        """Whether a process has begun to train in this attempt."""
        found = self._read(f"begun{rank}")
        return found is not None and found["attempt"] == self.attempt()[0]

    def reserve_code(self, rank: int) -> None:
        """Reserve room for the exit code of a process; the disk may be full when it ends."""
        with suppress(OSError):
            (self.path / f"code{rank}").write_text("null")

    def write_code(self, rank: int, code: int) -> None:
        """Keep the exit code of a process."""
        with suppress(FileNotFoundError), (self.path / f"code{rank}").open("r+b", buffering=0) as file:
            file.write(_CODE.format(code).encode())
            return
        self._tell(f"code{rank}", code)

    def code(self, rank: int) -> int | None:
        """The exit code of a process; None while it runs, or if it was killed."""
        found = self._read(f"code{rank}")
        return None if found is None else int(found)

    def write_lost(self, rank: int, reason: str) -> None:
        """Keep why a process has lost the others."""
        self._tell(f"lost{rank}", {"attempt": self.attempt()[0], "reason": reason})

    def lost(self, rank: int) -> str | None:
        """Why a process has lost the others in this attempt; None if it has not."""
        found = self._read(f"lost{rank}")
        return str(found["reason"]) if found and found["attempt"] == self.attempt()[0] else None

    def last_words(self, local_rank: int, count: int = 8) -> list[str]:
        """The last lines that a process wrote to stderr; none of the first one, whose lines are not kept."""
        logs = sorted(self.path.glob(f"logs/*/attempt_*/{local_rank}/stderr.log"), key=os.path.getmtime)
        with suppress(OSError):
            text = logs[-1].read_text(errors="replace") if logs else ""
            return [line for line in text.splitlines() if line.strip()][-count:]
        return []

    def _tell(self, name: str, value: Any) -> None:
        """Write what training doesn't depend on; a full disk doesn't end it, and is told once."""
        try:
            self._write(name, value)
        except OSError as error:
            if self.path in _unwritable:
                return
            _unwritable.add(self.path)
            log.warning(
                "can't write to the temporary folder '%s' (%s); training goes on, but after a restart it may "
                "begin anew; free space there, or set TMPDIR to a folder on another disk",
                self.path,
                error.strerror,
            )

    def _write(self, name: str, value: Any) -> None:
        whole = self.path / f"{name}.part"
        whole.write_text(json.dumps(value))
        whole.replace(self.path / name)

    def _read(self, name: str) -> Any:
        try:
            return json.loads((self.path / name).read_text())
        except FileNotFoundError:
            return None
