"""Which runs a list shows, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf
from typing import Any, Final, Literal

from layerzoo.studio.index.summary import Summary

Sort = Literal["modified", "name", "state", "score", "progress", "seconds", "loss"]
_ORDER: Final = ("running", "interrupted", "stopped", "done")


@dataclass
class Choice:
    """Parameters of a list of runs.

    Attributes:
        search: words that name, path, net, tags or note contain, all of them.
        state: only runs in this state.
        tag: only runs with this tag.
        archived: the archived ones in place of the others.
        sort: what the order depends on.
        descending: the other way round.
        start, count: the part of the list that is wanted.
    """

    search: str = ""
    state: str = ""
    tag: str = ""
    archived: bool = False
    sort: Sort = "modified"
    descending: bool = True
    start: int = 0
    count: int = 50

    def chosen(self, runs: Iterable[Summary]) -> list[Summary]:
        """The runs that are wanted, in order, all parts of the list."""
        words = self.search.casefold().split()
        found = [run for run in runs if self._takes(run, words)]
        return sorted(found, key=_KEYS[self.sort], reverse=self.descending)

    def part(self, runs: list[Summary]) -> list[Summary]:
        """The part of the list that is wanted."""
        start = max(0, self.start)
        return runs[start : start + max(1, min(self.count, 1000))]

    def _takes(self, run: Summary, words: Iterable[str]) -> bool:
        if run.notes.archived != self.archived or (self.state and run.state != self.state):
            return False
        if self.tag and self.tag not in run.notes.tags:
            return False
        text = " ".join(
            [run.name, run.path, run.net, run.kind, run.notes.title, run.notes.note, *run.notes.tags]
        )
        folded = text.casefold()
        return all(word in folded for word in words)


_KEYS: Final[dict[str, Callable[[Summary], Any]]] = {
    "modified": lambda run: run.modified,
    "name": lambda run: run.title.casefold(),
    "state": lambda run: _ORDER.index(run.state) if run.state in _ORDER else len(_ORDER),
    "score": lambda run: -inf if run.score is None else run.score.value,
    "progress": lambda run: run.progress.part,
    "seconds": lambda run: run.progress.seconds,
    "loss": lambda run: inf if run.loss is None else run.loss,
}
