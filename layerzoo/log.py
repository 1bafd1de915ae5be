"""Format log lines like Caffe's, for parsers of its logs.

``I1120 21:48:42.008524 22487 solver.py:289] Solving LeNet``: severity, month and day, time to the
microsecond, process, file and line. All modules log to ``logging.getLogger("layerzoo")`` or a child of it and
don't use this module; an interface, such as the command line, calls `to_stderr` to show the lines.

A line that can't be written never raises. The failure is reported once, in the other place: of stderr in the
log's file, of the file on stderr.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from layerzoo import streams
from layerzoo.disk import LineFile
from layerzoo.streams import BestEffort
from layerzoo.terminal_text import one_line, printable

LOGGER = logging.getLogger("layerzoo")

_PREFIX = re.compile(r"^[IWEF]\d{4} ")
_EARLY_LINES = 1000
_SEVERITIES = {logging.WARNING: "W", logging.ERROR: "E", logging.CRITICAL: "F"}
_LEVELS = [logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL]


def number(value: float) -> str:
    """Format a number as in Caffe's log: six significant digits, ``nan`` without a sign.

    >>> number(0.009925650), number(0.00001), number(100), number(float("-nan"))
    ('0.00992565', '1e-05', '100', 'nan')
    """
    return f"{value:g}"


class GlogFormatter(logging.Formatter):
    """Formats records like glog: only the first line of a message has the prefix.

    Text from outside is escaped: a name (an argument that is a string or a path) can't break its line, and no
    further line of a message has a prefix. Blank lines and carriage returns are removed, since some parsers
    stop or fail at them.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line or lines of a record; the traceback of an exception follows its message."""
        time = datetime.fromtimestamp(record.created).strftime("%m%d %H:%M:%S.%f")
        prefix = f"{_severity(record.levelno)}{time} {record.process:>5} {record.filename}:{record.lineno}] "
        text = _message(record)
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        first, *rest = [line.rstrip() for line in printable(text.replace("\r", "\n")).split("\n")]
        return prefix + "\n".join([first, *(_PREFIX.sub(r"    \g<0>", line) for line in rest if line)])


class _Stderr(logging.Handler):
    """Writes to the current ``sys.stderr``, so that a progress bar can replace it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(GlogFormatter())
        self._effort = BestEffort("stderr", streams.notes.append, "its lines are lost")

    def emit(self, record: logging.LogRecord) -> None:
        if sys.stderr is not None:  # print would take stdout
            with self._effort:
                print(self.format(record), file=sys.stderr, flush=True)


def to_stderr(verbose: bool = False) -> None:
    """Show Layerzoo's log lines on stderr; further calls change only what is shown.

    ``GLOG_minloglevel`` (0 info, 1 warning, 2 error, 3 fatal) hides less severe lines, as in Caffe.

    Args:
        verbose: show also what was chosen, and why.
    """
    handler = next((handler for handler in LOGGER.handlers if isinstance(handler, _Stderr)), None)
    if handler is None:
        handler = _Stderr()
        LOGGER.addHandler(handler)
        _EARLY.attach()
    least = _least_severe(os.environ.get("GLOG_minloglevel", ""))  # noqa: SIM112 (glog's own)
    handler.setLevel(logging.DEBUG if verbose else least)
    LOGGER.setLevel(logging.DEBUG if verbose else logging.INFO)
    LOGGER.propagate = False


@contextmanager
def informing() -> Iterator[None]:
    """Log lines of the level INFO in a block, unless a level has been set: for `to_file` in a script."""
    level = LOGGER.level
    LOGGER.setLevel(level or logging.INFO)
    try:
        yield
    finally:
        LOGGER.setLevel(level)


def position() -> int:
    """The position in this process's log where a run begins, for `to_file`; called when a run is prepared.

    It comes after the lines of earlier runs, and before all others, such as those of the command line.
    """
    _EARLY.attach()
    begin = _EARLY.claimed
    _EARLY.claimed = _EARLY.count
    return begin


@contextmanager
def to_file(path: Path, begin: int | None = None) -> Iterator[None]:
    """Also append the log lines of a block to a file, whatever the level of stderr is.

    A file that can't be written is reported once; it is tried again with each line.

    Args:
        path: the file.
        begin: a `position`; the lines logged since then come first.
    """
    handler = _File(path)
    handler.write(_EARLY.since(begin) if begin is not None else ())
    LOGGER.addHandler(handler)
    level = LOGGER.level
    LOGGER.setLevel(min(level or logging.INFO, logging.INFO))
    _EARLY.files += 1
    try:
        yield
    finally:
        _EARLY.files -= 1
        _EARLY.claimed = _EARLY.count
        LOGGER.setLevel(level)
        LOGGER.removeHandler(handler)
        handler.close()


class _File(logging.Handler):
    """Writes to a file, beginning with failures of stderr and stdout."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.setFormatter(GlogFormatter())
        self._lines = LineFile(path)
        self._effort = BestEffort(f"the log {path}", partial(LOGGER.warning, "%s"), "its lines are lost")
        self._notes = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.write(map(self.format, [record]))

    def write(self, lines: Iterable[str]) -> None:
        """Append formatted lines."""
        with self._effort:
            for note in streams.notes[self._notes :]:
                self._lines.append(self.format(_warning(note)))
                self._notes += 1
            for line in lines:
                self._lines.append(line)

    def close(self) -> None:
        """Close the file."""
        self.write(())
        self._lines.close()
        super().close()


class _Early:
    """Keeps the last lines that were logged while no file was open, for a file that is opened later.

    It is a filter that passes everything: a handler would keep Python from printing the warnings of a script
    that has set up no logging.

    Attributes:
        count: number of lines logged while no file was open.
        claimed: number of those that belong to earlier runs.
        files: number of open files.
    """

    def __init__(self) -> None:
        self.count = self.claimed = self.files = 0
        self._formatter = GlogFormatter()
        self._lines: deque[str] = deque(maxlen=_EARLY_LINES)

    def attach(self) -> None:
        """Begin to keep lines."""
        LOGGER.addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep a line."""
        if not self.files:
            with suppress(Exception):  # a handler reports it
                self._lines.append(self._formatter.format(record))
                self.count += 1
        return True

    def since(self, begin: int) -> list[str]:
        """The lines from a position on."""
        lines = list(self._lines)
        return lines[max(0, len(lines) - (self.count - begin)) :]


_EARLY = _Early()


def _warning(message: str) -> logging.LogRecord:
    return logging.LogRecord(LOGGER.name, logging.WARNING, streams.__file__, 0, "%s", (message,), None)


def _message(record: logging.LogRecord) -> str:
    """The message of a record; arguments that are names are kept on one line."""
    if not isinstance(record.args, tuple):
        return record.getMessage()
    args = (one_line(str(arg)) if isinstance(arg, str | os.PathLike) else arg for arg in record.args)
    return str(record.msg) % tuple(args) if record.args else str(record.msg)


def _severity(level: int) -> str:
    return _SEVERITIES.get(level - level % 10, "I")


def _least_severe(text: str) -> int:
    return _LEVELS[min(int(text), 3)] if text.isdecimal() else logging.INFO
