"""Log lines in the shape that every parser of Caffe's logs reads.

``I1120 21:48:42.008524 22487 solver.py:289] Solving LeNet``: severity, month and day, time to the
microsecond, process, file and line. Everything logs to ``logging.getLogger("layerzoo")`` or a child of it and
knows nothing of this module; a face (the command line, say) calls `to_stderr` to show the lines.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

LOGGER = logging.getLogger("layerzoo")

_SEVERITIES = {logging.WARNING: "W", logging.ERROR: "E", logging.CRITICAL: "F"}
_LEVELS = [logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL]


def number(value: float) -> str:
    """A number as Caffe's log prints it: six significant digits, ``nan`` without a sign.

    >>> number(0.009925650), number(0.00001), number(100), number(float("-nan"))
    ('0.00992565', '1e-05', '100', 'nan')
    """
    return f"{value:g}"


class GlogFormatter(logging.Formatter):
    """glog's line: the prefix stands before the first line of a message only.

    Blank lines and carriage returns are taken out, for parsers that stop or stumble at them.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line, or lines, of a record; an exception's traceback follows its message."""
        time = datetime.fromtimestamp(record.created).strftime("%m%d %H:%M:%S.%f")
        prefix = f"{_severity(record.levelno)}{time} {record.process:>5} {record.filename}:{record.lineno}] "
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        lines = [line.rstrip() for line in text.replace("\r", "\n").split("\n")]
        return prefix + "\n".join([lines[0], *filter(None, lines[1:])])


class _Stderr(logging.Handler):
    """Writes to whatever ``sys.stderr`` is at the time, so that a progress bar can stand in between."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr, flush=True)


def to_stderr() -> None:
    """Show Layerzoo's log lines on stderr from now on; calling it again changes nothing.

    ``GLOG_minloglevel`` (0 info, 1 warning, 2 error, 3 fatal) leaves out what is less severe, as in Caffe.
    """
    if not any(isinstance(handler, _Stderr) for handler in LOGGER.handlers):
        handler = _Stderr()
        handler.setFormatter(GlogFormatter())
        handler.setLevel(_least_severe(os.environ.get("GLOG_minloglevel", "")))  # noqa: SIM112 (glog's own)
        LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False


class _File(logging.FileHandler):
    """Lets go of lines that a full disk, or one that became read-only, doesn't take."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        pass

    def close(self) -> None:
        with suppress(OSError):  # what was not taken is tried once more
            super().close()


@contextmanager
def to_file(path: Path) -> Iterator[None]:
    """Append the log lines of a block to a file as well, all of them whatever is shown on stderr.

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


def _severity(level: int) -> str:
    return _SEVERITIES.get(level - level % 10, "I")


def _least_severe(text: str) -> int:
    return _LEVELS[min(int(text), 3)] if text.isdecimal() else logging.INFO
