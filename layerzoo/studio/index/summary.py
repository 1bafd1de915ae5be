"""What is known of a run without its curves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from layerzoo.atomic import atomic_path
from layerzoo.errors import UsageError
from layerzoo.regular_file import open_text
from layerzoo.studio.routing.record import read, written

NOTES: Final = "studio.json"
"""The file in a run's folder with what a user has written of it."""
_MAX_TAGS = 32
_MAX_TAG = 64
_MAX_NOTE = 20_000


@dataclass
class Notes:
    """What users write of a run.

    Attributes:
        tags: words to find it by.
        note: text.
        archived: it is left out of lists.
        title: shown in place of the name.
    """

    tags: list[str] = field(default_factory=list)
    note: str = ""
    archived: bool = False
    title: str = ""

    @classmethod
    def of(cls, run: Path) -> Notes:
        """The notes of a run's folder; empty ones if there are none that can be read."""
        with suppress(OSError, ValueError, UsageError), open_text(run / NOTES, "replace") as file:
            return read(cls, json.loads(file.read()))
        return cls()

    def save(self, run: Path) -> None:
        """Write the notes into a run's folder.

        Raises:
            UsageError: they are too long.
            OSError: they can't be written; those before are unchanged.
        """
        if len(self.tags) > _MAX_TAGS or any(not 0 < len(tag.strip()) <= _MAX_TAG for tag in self.tags):
            raise UsageError(f"a run takes {_MAX_TAGS} tags of 1 to {_MAX_TAG} characters")
        if len(self.note) > _MAX_NOTE or len(self.title) > _MAX_TAG * 2:
            raise UsageError(f"a note takes {_MAX_NOTE:,} characters, a title {_MAX_TAG * 2}")
        self.tags = list(dict.fromkeys(tag.strip() for tag in self.tags))
        with atomic_path(run / NOTES) as temporary:
            temporary.write_text(json.dumps(written(self), indent=1, ensure_ascii=False) + "\n")


@dataclass
class Progress:
    """How far a run is.

    Attributes:
        iteration, max_iter: where it is; ``max_iter`` is 0 if unknown.
        seconds: training time.
        left_s: estimated seconds to its end; None if it isn't running or is not known.
    """

    iteration: int = 0
    max_iter: int = 0
    seconds: float = 0.0
    left_s: float | None = None

    @property
    def part(self) -> float:
        """From 0 to 1; 0 if unknown."""
        return min(1.0, self.iteration / self.max_iter) if self.max_iter else 0.0


@dataclass
class Score:
    """The best value of a test output and the iteration that it is of."""

    name: str
    value: float
    iteration: int


@dataclass
class Summary:
    """A run, as lists show it.

    Attributes:
        id: a name of 12 characters that stands for its folder.
        path: folder.
        name: below which folder it stands, without its ending.
        state: running, done, stopped or interrupted.
        progress: how far it is.
        modified: time of the last write, in seconds since 1970.
        net: the net's name.
        kind: the solver's type.
        score: best value of the output that it is judged by, None without tests.
        loss: last loss of the training net.
        spark: up to 48 values of the training loss, for a small picture.
        notes: tags, note and so on.
        scores: best value and iteration of each test output.
        quantities: what can be drawn.
    """

    id: str
    path: str
    name: str
    state: str = "interrupted"
    progress: Progress = field(default_factory=Progress)
    modified: float = 0.0
    net: str = ""
    kind: str = ""
    score: Score | None = None
    loss: float | None = None
    spark: list[float] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    scores: dict[str, list[float]] = field(default_factory=dict)
    quantities: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What lists call it."""
        return self.notes.title or self.name


def id_of(path: Path) -> str:
    """The name of 12 characters that stands for a folder."""
    return sha256(str(path).encode()).hexdigest()[:12]


def dumped(summary: Summary) -> str:
    """The summary as JSON."""
    return json.dumps(written(summary), ensure_ascii=False)


def loaded(text: str) -> Summary:
    """The summary of `dumped`."""
    values: dict[str, Any] = json.loads(text)
    return read(Summary, values)


def thinned(values: Sequence[float], count: int) -> list[float]:
    """At most ``count`` of the values, evenly spaced, the last included."""
    if len(values) <= count:
        return list(values)
    return [values[round(index * (len(values) - 1) / (count - 1))] for index in range(count)]
