"""Parse logs of solvers, Caffe's and Layerzoo's, in the format of glog.

The patterns are those of common parsers. Also supported: logs across New Year, several runs in one log,
truncated logs, several test nets, and NaN.
"""

from __future__ import annotations

import os
import re
from calendar import isleap
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isnan, nan
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

from layerzoo.errors import DataError
from layerzoo.regular_file import open_regular
from layerzoo.runs.history import History, Row

_LINE = re.compile(
    r"[IWEF](?P<year>\d{4})?(?P<month>\d\d)(?P<day>\d\d) (?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d)\.(?P<us>\d+)"
    r"\s+(?P<pid>\d{1,18}) [^\]\s]+:\d+\] ?(?P<text>.*)"
)
_ITERATION = re.compile(r"Iteration (\d{1,18})(?!\d)")
_TESTING = re.compile(r"Iteration (\d+), Testing net \(#(\d{1,9})\)")
_LOSS = re.compile(r"Iteration (\d+)(?: \(.*\))?, loss = (\S+)")
_LR = re.compile(r"Iteration (\d+), lr = (\S+)")
_UPDATE = re.compile(r"Iteration (\d+), ([\w.\-]+) (loss|rate) = (\S+)", re.ASCII)
_OUTPUT = re.compile(r" *(Train|Test) net output #\d+: (\S+) = (\S+)(?: \(\* \S+ = (\S+) loss\))?")
_DONE, _STOPPED = "Optimization Done.", "Optimization stopped early."
_HALF_A_YEAR = 6
_MAX_YEAR = 9998
_LEAP_DAY = (2, 29)
_TAIL = 1 << 16


class Line(NamedTuple):
    """A line of a log.

    Attributes:
        year: None if the log doesn't hold it.
        month, day: date.
        within: time since midnight.
        pid: process that wrote it.
        text: message.
    """

    year: int | None
    month: int
    day: int
    within: timedelta
    pid: int
    text: str


@dataclass(frozen=True)
class Ending:
    """The end of a log.

    Attributes:
        state: ``done``, ``stopped`` by a signal, or "" if the log is truncated or still written.
        pid: process that wrote the last line; 0 without lines.
    """

    state: Literal["done", "stopped", ""] = ""
    pid: int = 0


def parse_line(line: str) -> Line | None:
    """Parse a line in glog's format; None for other lines, such as further lines of a message."""
    match = _LINE.match(line)
    if match is None:
        return None
    month, day = int(match["month"]), int(match["day"])
    hours, minutes, seconds = int(match["h"]), int(match["m"]), int(match["s"])
    if not (1 <= month <= 12 and 1 <= day <= 31 and hours < 24 and minutes < 60 and seconds <= 60):
        return None
    microseconds = int(match["us"][:6].ljust(6, "0"))
    within = timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=microseconds)
    year = int(match["year"]) if match["year"] else None
    return Line(year, month, day, within, int(match["pid"]), match["text"].rstrip())


def read_log(path: str | os.PathLike[str]) -> History:
    """Read the history of a log; it has no rows if no solver wrote the log.

    Raises:
        DataError: no line of the file has the format of Caffe's logs.
        OSError: the file can't be read.
    """
    path = Path(path)
    reader = _Reader()
    with open_regular(path) as file:
        for raw in file:
            if not raw.endswith(b"\n"):
                break  # truncated: its last number may lack digits
            line = parse_line(raw.decode("utf-8", "replace"))
            if line is not None:
                reader.read(line)
        year = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime).year
    if not reader.lines:
        raise DataError(
            f"{path} is not a log: no line looks like 'I0210 13:39:22.381027 25210 solver.cpp:204] …'"
        )
    return reader.history(path.name, year)


def ending(path: str | os.PathLike[str]) -> Ending:
    """Read how a log ends, from its last lines only.

    Raises:
        OSError: the file can't be read.
    """
    with open_regular(path) as file:
        tail = _tail(file)
    lines = [line for text in tail.splitlines() if (line := parse_line(text))]
    for line in reversed(lines):
        if line.text == _DONE:
            return Ending("done", line.pid)
        if line.text == _STOPPED:
            return Ending("stopped", line.pid)
        if line.text.startswith(("Solving ", "Iteration ")):
            break
    return Ending("", lines[-1].pid if lines else 0)


def _tail(file: BinaryIO) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL))
    return file.read().decode("utf-8", "replace")


class _Stamp(NamedTuple):
    """When a line was written; ``turns`` is the number of New Years before it in the log."""

    line: Line
    turns: int

    def at(self, first_year: int) -> datetime:
        """The time, given the year of the first line."""
        year = min(max(1, self.line.year or first_year + self.turns), _MAX_YEAR)
        return datetime(year, self.line.month, 1) + timedelta(self.line.day - 1) + self.line.within


@dataclass
class _TimedRow:
    """A row and its time: that of its first output, as in Caffe's tool."""

    row: Row
    stamp: _Stamp


@dataclass
class _Reader:
    """Converts lines to rows."""

    lines: int = 0
    rows: list[_TimedRow] = field(default_factory=list)
    starts: list[_Stamp] = field(default_factory=list)
    _open: dict[int | None, _TimedRow] = field(default_factory=dict)
    _net: int = 0
    _iteration: int | None = None
    _month: int = 0
    _turns: int = 0
    _leap: int | None = None

    def read(self, line: Line) -> None:
        """Process one line."""
        self.lines += 1
        if line.month <= self._month - _HALF_A_YEAR:
            self._turns += 1
        self._month = line.month
        if (line.month, line.day) == _LEAP_DAY:
            self._leap = self._turns
        stamp, text = _Stamp(line, self._turns), line.text
        if text.startswith("Solving "):
            self.starts.append(stamp)
            self._open.clear()
            self._iteration = None
        elif found := _OUTPUT.match(text):
            self._output(found, stamp)
        elif found := _ITERATION.match(text):
            self._iteration = int(found[1])
            if testing := _TESTING.match(text):
                self._net = int(testing[2])
                self._open.pop(self._net, None)
            elif loss := _LOSS.match(text):
                self._open.pop(None, None)
                self._row(None, stamp).loss = _number(loss[2])
            elif lr := _LR.match(text):
                self._row(None, stamp).lr = _number(lr[2])
            elif update := _UPDATE.match(text):
                name = f"{update[2]} {update[3].replace('rate', 'lr')}"
                self._row(None, stamp).updates[name] = _number(update[4])

    def history(self, name: str, last_year: int) -> History:
        """The history so far; ``last_year`` is the year of the last line."""
        if self.rows and self._is_cut(self.rows[-1].row):
            self.rows.pop()
        starts = self.starts or [timed.stamp for timed in self.rows[:1]]
        first_year = last_year - self._turns
        while self._leap is not None and not isleap(first_year + self._leap):
            first_year -= 1  # the file was modified or copied in a later year
        begun = starts[0].at(first_year) if starts else datetime.min
        for timed in self.rows:
            timed.row.seconds = (timed.stamp.at(first_year) - begun).total_seconds()
        seconds = [(stamp.at(first_year) - begun).total_seconds() for stamp in starts]
        return History(name, [timed.row for timed in self.rows], seconds or [0.0])

    def _output(self, found: re.Match[str], stamp: _Stamp) -> None:
        if self._iteration is None:
            return  # the beginning of the log is missing, so the iteration is unknown
        phase, name, value, weighted = found.groups()
        row = self._row(None if phase == "Train" else self._net, stamp)
        row.outputs.setdefault(name, []).append(_number(value))
        if weighted is not None and row.net is not None:
            row.loss = _number(weighted) + (0.0 if isnan(row.loss) else row.loss)

    def _row(self, net: int | None, stamp: _Stamp) -> Row:
        """The current row of a net, or a new one."""
        timed = self._open.get(net)
        if timed is None or timed.row.iteration != self._iteration:
            row = Row(self._iteration or 0, net, section=max(0, len(self.starts) - 1))
            timed = self._open[net] = _TimedRow(row, stamp)
            self.rows.append(timed)
        if not timed.row.outputs:
            timed.stamp = stamp
        return timed.row

    def _is_cut(self, last: Row) -> bool:
        """Whether the last row is incomplete: it has fewer outputs than the row before it."""
        if last.net is None and not isnan(last.lr):
            return False
        before = [
            m.row
            for m in self.rows[:-1]
            if m.row.net == last.net and m.row.section == last.section and m.row.outputs
        ]
        return bool(last.outputs and before and last.values < before[-1].values)


def _number(text: str) -> float:
    """Parse a number; other text is NaN, as some C libraries print ``1.#QNAN``."""
    try:
        return float(text.rstrip(","))
    except ValueError:
        return nan
