"""The index: summaries and curves of all runs below some folders, in a database."""

from __future__ import annotations

import logging
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import numpy as np

from layerzoo.errors import LayerzooError
from layerzoo.runs import CONFIG, LOG, METRICS, SUFFIX, run_folders
from layerzoo.studio.index.columns import Numbers
from layerzoo.studio.index.gather import Gathered, follow, gather
from layerzoo.studio.index.query import Choice
from layerzoo.studio.index.series import Axis, Series, series
from layerzoo.studio.index.summary import NOTES, Notes, Summary, dumped, id_of, loaded
from layerzoo.studio.routing import NotFoundError

log = logging.getLogger("layerzoo.studio")

_VERSION: Final = 2
_FOLLOWED: Final = 32
"""Runs whose state is kept in memory, to read only what is added to them."""
_SCHEMA: Final = f"""
create table if not exists runs (id text primary key, path text, stamp text, summary text);
create table if not exists columns (
  run text, net integer, name text, data blob, primary key (run, net, name)
);
pragma user_version = {_VERSION};
"""


class Index:
    """Summaries and curves of runs.

    Any thread may read; one at a time refreshes.

    Args:
        file: the database; a damaged or older one is replaced.
        roots: folders in which runs are looked for.

    Attributes:
        waiting: runs that have been found and not yet read.
    """

    def __init__(self, file: Path, roots: Sequence[Path]) -> None:
        self._roots = list(roots)
        self._lock = threading.RLock()
        self._database = _opened(file)
        self._followed: dict[str, Gathered] = {}
        self._refreshing = threading.Lock()
        self._summaries: dict[str, Summary] = {}
        self._stamps: dict[str, str] = {}
        for run, stamp, text in self._database.execute("select id, stamp, summary from runs"):
            self._summaries[run], self._stamps[run] = loaded(text), stamp
        self.waiting = 0

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()

    @property
    def runs(self) -> list[Summary]:
        """All runs, in no order."""
        with self._lock:
            return list(self._summaries.values())

    def run(self, name: str) -> Summary:
        """A run by its id.

        Raises:
            NotFoundError: there is none.
        """
        with self._lock:
            found = self._summaries.get(name)
        if found is None:
            raise NotFoundError(f"no run {name!r} in this studio's folders")
        return found

    def at(self, path: Path) -> Summary | None:
        """The run in a folder; None if it isn't known (yet)."""
        with self._lock:
            return self._summaries.get(id_of(path))

    def listed(self, choice: Choice) -> list[Summary]:
        """The runs of a list."""
        return choice.chosen(self.runs)

    def annotate(self, name: str, notes: Notes) -> Summary:
        """Change what is written of a run.

        Raises:
            NotFoundError: there is no such run.
            UsageError: the notes are too long.
            OSError: they can't be written.
        """
        summary = self.run(name)
        notes.save(Path(summary.path))
        with self._lock:
            summary.notes = notes
        return summary

    def series(
        self,
        name: str,
        quantity: str,
        axis: Axis = "iteration",
        points: int = 1000,
        stretch: tuple[float, float] | None = None,
    ) -> list[Series]:
        """The curves of a quantity of a run, one for each net.

        Raises:
            NotFoundError: there is no such run.
        """
        self.run(name)
        with self._lock:
            rows = self._database.execute(
                "select net, name, data from columns where run = ? and name in (?, ?) order by net",
                (name, axis, quantity),
            ).fetchall()
        nets: dict[int, dict[str, Numbers]] = {}
        for net, column, data in rows:
            nets.setdefault(net, {})[column] = np.frombuffer(zlib.decompress(data))
        found = [
            series(name, net, quantity, some[axis], some[quantity], points, stretch)
            for net, some in nets.items()
            if axis in some and quantity in some
        ]
        return [one for one in found if one is not None]

    def refresh(self, stopped: Callable[[], bool] = lambda: False) -> list[str]:
        """Read what has changed in the folders.

        Args:
            stopped: says whether to leave the rest for the next time.

        Returns:
            ids of the runs that have changed, come or gone.
        """
        with self._refreshing:
            found = dict(self._folders())
            changed = [run for run in set(self._summaries) - set(found) if self._forget(run)]
            stamps = {run: _stamp(path) for run, (path, _) in found.items()}
            work = [run for run, stamp in stamps.items() if self._is_due(run, stamp)]
            work.sort(
                key=lambda run: stamps[run].split("|")[0], reverse=True
            )  # those written to last come first
            self.waiting = len(work)
            for run in work:
                if stopped():
                    break
                if self._read(run, *found[run], stamps[run]):
                    changed.append(run)
                self.waiting -= 1
            return changed

    def _is_due(self, run: str, stamp: str) -> bool:
        known = self._stamps.get(run)
        return known != stamp or self._summaries[run].state == "running"

    def _folders(self) -> Iterator[tuple[str, tuple[Path, str]]]:
        for root in self._roots:
            for path in run_folders(root):
                inside = str(path.relative_to(root)) if path != root else path.name
                yield id_of(path), (path, inside.removesuffix(SUFFIX))

    def _read(self, run: str, path: Path, name: str, stamp: str) -> bool:
        """Read a run; whether it has changed."""
        read = self._followed.get(run)
        try:
            if read is None or not follow(read):
                read = gather(path, name)
        except (LayerzooError, OSError) as error:
            log.debug("%s can't be read: %s", path, error)
            return self._forget(run)
        text = dumped(read.summary)
        same = self._stamps.get(run) == stamp and dumped(self._summaries[run]) == text
        if not same:
            self._store(run, read, stamp, text)
        self._followed.pop(run, None)
        if read.summary.state == "running":
            self._followed[run] = read
            if len(self._followed) > _FOLLOWED:
                del self._followed[next(iter(self._followed))]
        return not same

    def _store(self, run: str, read: Gathered, stamp: str, text: str) -> None:
        data = [
            (run, net, name, zlib.compress(column.tobytes(), 1))
            for net, some in read.columns.items()
            for name, column in some.items()
        ]
        with self._lock, self._transaction() as database:
            database.execute(
                "insert or replace into runs values (?, ?, ?, ?)", (run, str(read.run.path), stamp, text)
            )
            database.execute("delete from columns where run = ?", (run,))
            database.executemany("insert into columns values (?, ?, ?, ?)", data)
            self._summaries[run], self._stamps[run] = loaded(text), stamp

    def _forget(self, run: str) -> bool:
        """Drop a run; whether it was known."""
        with self._lock, self._transaction() as database:
            database.execute("delete from columns where run = ?", (run,))
            database.execute("delete from runs where id = ?", (run,))
            self._followed.pop(run, None)
            self._stamps.pop(run, None)
            return self._summaries.pop(run, None) is not None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._database:
            yield self._database


def _stamp(path: Path) -> str:
    """What changes whenever a run's files do; it begins with the time of the last change."""
    parts = []
    for name in (METRICS, LOG, CONFIG, NOTES):
        with suppress(OSError):
            stat = (path / name).stat()
            parts.append((stat.st_mtime_ns, f"{name} {stat.st_mtime_ns} {stat.st_size} {stat.st_ino}"))
    with suppress(OSError):
        parts.append((0, f"folder {path.stat().st_mtime_ns}"))  # snapshots come and go
    latest = max((time for time, _ in parts), default=0)
    return "|".join([f"{latest:020}", *(text for _, text in parts)])


def _opened(file: Path) -> sqlite3.Connection:
    """The database of a file; one that can't be used is replaced."""
    with suppress(sqlite3.DatabaseError):
        database = sqlite3.connect(file, check_same_thread=False, timeout=10)
        version = database.execute("pragma user_version").fetchone()[0]
        empty = not database.execute("select count(*) from sqlite_master").fetchone()[0]
        if (version == _VERSION or empty) and database.execute("pragma quick_check").fetchone()[0] == "ok":
            return _prepared(database)
        database.close()
    for name in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        name.unlink(missing_ok=True)
    return _prepared(sqlite3.connect(file, check_same_thread=False, timeout=10))


def _prepared(database: sqlite3.Connection) -> sqlite3.Connection:
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = off")  # it can be built anew
    database.executescript(_SCHEMA)
    return database
