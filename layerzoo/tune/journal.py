"""The journal of a tune: JSON lines that are synced to disk as things happen.

The first line has the plan and the solver's config; then each trial has a line when it begins and one when
it ends. A line that a crash has cut is dropped: what it said happens again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, Final, Literal

from layerzoo.atomic import sync
from layerzoo.disk import with_cause
from layerzoo.errors import DataError
from layerzoo.regular_file import read_bytes

JOURNAL: Final = "journal.jsonl"
State = Literal["begun", "done", "pruned", "failed"]
_ENDS: Final = ("done", "pruned", "failed")


@dataclass
class Trial:
    """A trial.

    Attributes:
        number: its number, from 0.
        values: the value of each axis, by path.
        state: ``begun`` until it has ended; such a trial is running, or goes on when the tune does.
        value: its score; None without one.
        iteration: the iteration of the score.
        seconds: training time.
        message: why it failed, or was pruned.
        curve: iteration and value of each test.
    """

    number: int
    values: dict[str, str]
    state: State = "begun"
    value: float | None = None
    iteration: int = 0
    seconds: float = 0.0
    message: str = ""
    curve: list[tuple[int, float]] = field(default_factory=list)


def best_first(trials: Iterable[Trial], maximise: bool) -> list[Trial]:
    """Sort trials: those that are done by their score, then pruned ones, then the others."""
    ranks = {"done": 0, "pruned": 1, "begun": 2, "failed": 3}

    def place(trial: Trial) -> tuple[int, float, int]:
        value = 0.0 if trial.value is None else trial.value
        return ranks[trial.state], -value if maximise else value, trial.number

    return sorted(trials, key=place)


class Journal:
    """The journal in the folder of a tune.

    Args:
        folder: the folder, which need not exist.

    Attributes:
        path: the file.
        begun: what `begin` wrote; empty if the tune has not begun.
        trials: the trials by number.

    Raises:
        DataError: it is damaged.
        OSError: it can't be read.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / JOURNAL
        self.begun: dict[str, Any] = {}
        self.trials: dict[int, Trial] = {}
        self._length = 0
        if self.path.exists():
            self._read()

    def begin(self, facts: Mapping[str, Any]) -> None:
        """Create the file with a first line.

        Raises:
            OSError: it can't be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.begun = dict(facts)
        self._append({"event": "tune", **facts})
        sync(self.path.parent, deep=False)

    def trial_begins(self, number: int, values: Mapping[str, str]) -> Trial:
        """Record a new trial."""
        self._append({"event": "begin", "trial": number, "values": dict(values)})
        trial = self.trials[number] = Trial(number, dict(values))
        return trial

    def trial_ends(self, trial: Trial) -> None:
        """Record how a trial has ended."""
        self._append(
            {
                "event": "end",
                "trial": trial.number,
                "state": trial.state,
                "value": trial.value,
                "iteration": trial.iteration,
                "seconds": round(trial.seconds, 3),
                "message": trial.message,
                "curve": [(at, value) for at, value in trial.curve if isfinite(value)],
            }
        )

    def _append(self, entry: Mapping[str, Any]) -> None:
        line = json.dumps(entry, allow_nan=False, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        try:
            self._write(line)
        except OSError as error:
            raise with_cause(error, self.path) from error
        self._length += len(line)

    def _write(self, line: bytes) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            os.ftruncate(descriptor, self._length)  # drops a line that a crash or a full disk has cut
            os.lseek(descriptor, self._length, os.SEEK_SET)
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _read(self) -> None:
        data = read_bytes(self.path)
        for number, line in enumerate(data.splitlines(keepends=True), 1):
            if not line.endswith(b"\n"):
                break
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError, RecursionError):
                raise DataError(
                    f"{self.path}:{number}: this line of the journal is damaged",
                    "remove it and those after it: what they said is done again",
                ) from None
            self._length += len(line)

    def _take(self, entry: dict[str, Any]) -> None:
        match entry["event"]:
            case "tune":
                self.begun = {key: value for key, value in entry.items() if key != "event"}
            case "begin":
                values = {str(path): str(value) for path, value in entry["values"].items()}
                self.trials[int(entry["trial"])] = Trial(int(entry["trial"]), values)
            case "end":
                trial = self.trials[entry["trial"]]
                if entry["state"] not in _ENDS:
                    raise ValueError(entry["state"])
                value = None if entry["value"] is None else float(entry["value"])
                if value is not None and not isfinite(value):
                    raise ValueError(value)
                trial.state, trial.value, trial.iteration = entry["state"], value, int(entry["iteration"])
                trial.seconds, trial.message = float(entry["seconds"]), str(entry["message"])
                trial.curve = [(int(at), float(value)) for at, value in entry["curve"]]
            case other:
                raise ValueError(other)
