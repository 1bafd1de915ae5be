"""Format log lines like Caffe's, for parsers of its logs.

``I1120 21:48:42.008524 22487 solver.py:289] Solving LeNet``: severity, month and day, time to the
microsecond, process, file and line. All modules log to ``logging.getLogger("layerzoo")`` or a child of it and
don't use this module; an interface, such as the command line, calls `to_stderr` to show the lines.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from layerzoo.terminal_text import one_line, printable

LOGGER = logging.getLogger("layerzoo")

_PREFIX = re.compile(r"^[IWEF]\d{4} ")
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

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr, flush=True)


def to_stderr() -> None:
    """Show Layerzoo's log lines on stderr; further calls have no effect.

    ``GLOG_minloglevel`` (0 info, 1 warning, 2 error, 3 fatal) hides less severe lines, as in Caffe.
    """
    if not any(isinstance(handler, _Stderr) for handler in LOGGER.handlers):
        handler = _Stderr()
        handler.setFormatter(GlogFormatter())
        handler.setLevel(_least_severe(os.environ.get("GLOG_minloglevel", "")))  # noqa: SIM112 (glog's own)
        LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False


class _File(logging.FileHandler):
    """Drops lines that can't be written, because the disk is full or became read-only."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        pass

    def close(self) -> None:
        with suppress(OSError):  # closing tries once more to write the buffered lines
            super().close()


@contextmanager
def to_file(path: Path) -> Iterator[None]:
    """Also append the log lines of a block to a file, whatever the level of stderr is.

    Raises:
        OSError: the file can't be opened.
    """
    handler = _File(path, encoding="utf-8")
    handler.setFormatter(GlogFormatter())
    LOGGER.addHandler(handler)
    level = LOGGER.level
    LOGGER.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOGGER.setLevel(level)
        LOGGER.removeHandler(handler)
        handler.close()


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
