"""Keep a program running when its standard streams, or other outputs beside its work, fail.

A terminal goes away, the reader of a pipe ends, the disk under a redirected stream fills up, or a program is
started without streams: writing then raises OSError, in the middle of whatever was to be reported.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, TextIO, cast

_READER_GONE = frozenset({errno.EPIPE, errno.EIO, errno.ENXIO, errno.EBADF})
_EXIT_BROKEN_PIPE = 141

notes: list[str] = []
"""Failures of streams of this process, one sentence each, for a log file to report."""


class BestEffort:
    """Ignores the exceptions of an output, apart from reporting the first one; a context manager.

    Args:
        what: the output, such as ``the progress bar``.
        report: called with a message at the first exception.
        then: what happens from then on.

    Attributes:
        failed: whether an exception was ignored.
    """

    def __init__(
        self, what: str, report: Callable[[str], object], then: str = "training continues without it"
    ) -> None:
        self.what = what
        self.report = report
        self.then = then
        self.failed = False

    def __enter__(self) -> None:
        """Begin to use the output."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        if not self.failed:
            self.failed = True
            verb = "can't be written" if isinstance(error, OSError) else "failed"
            self.report(f"{self.what} {verb}: {_reason(error)}; {self.then}")
        return True


def guard(stdout: bool = True) -> None:
    """Let the standard streams of this process fail without exceptions; further calls have no effect.

    Closed streams are opened on the null device: otherwise the next files that the program opens would take
    their numbers, and what is printed would be written into them. What can't be written to stderr is lost.
    The first failure of stdout raises OSError, unless `tolerate` was called; see `exit_code`.

    Streams that a program has replaced are left unchanged.

    Args:
        stdout: guard stdout too.
    """
    _open_closed()
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 (a descriptor, open until the end)
    for name in ("stdout", "stderr") if stdout else ("stderr",):
        stream: TextIO | None = getattr(sys, name)
        if stream is None or stream is getattr(sys, f"__{name}__"):
            setattr(sys, name, _guarded(name, stream))


def tolerate() -> None:
    """Ignore failures of stdout too: the result of this program is not what it prints."""
    for stream in _raw.values():
        stream.tolerant = True


def exit_code(status: int) -> int:
    """The exit code of a program that would end with ``status``; flushes stdout.

    Returns:
        141 if the reader of stdout has ended, and 1, with a message, if stdout couldn't be written. 1 in
        place of 0 if messages on stderr are lost, unless its reader has ended. Otherwise, and after
        `tolerate`, ``status``.
    """
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        if "stdout" not in _raw:
            raise
    lost = {name: raw.error for name, raw in _raw.items() if raw.error is not None and not raw.tolerant}
    if error := lost.get("stdout"):
        if error.errno in _READER_GONE:
            return _EXIT_BROKEN_PIPE
        print(f"error: stdout can't be written: {_reason(error)}", file=sys.stderr)
        return status or 1
    if (error := lost.get("stderr")) and error.errno not in _READER_GONE:
        return status or 1
    return status


def stdout_failed() -> bool:
    """Whether stdout has failed and raised OSError."""
    raw = _raw.get("stdout")
    return raw is not None and raw.error is not None and not raw.tolerant


def stderr_is_gone() -> bool:
    """Whether nobody can read stderr any more: its terminal is gone, or the reader of its pipe has ended."""
    raw = _raw.get("stderr")
    return raw is not None and raw.error is not None and raw.error.errno in _READER_GONE


class _Stream(io.FileIO):
    """A standard stream whose failures are noted.

    Attributes:
        error: the first failure.
        tolerant: failures never raise.
    """

    def __init__(self, name: str, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.label = name
        self.error: OSError | None = None
        self.tolerant = False

    def write(self, data: Any) -> int:
        """Write all bytes, or lose them; returns their number."""
        if self.error is not None and self._raises:
            return len(data)  # what stays in a buffer would raise again when Python exits
        rest = memoryview(data)
        try:
            while rest:
                count = super().write(rest)
                if count is None:  # another program has set the stream to non-blocking
                    import select

                    poll = select.poll()
                    poll.register(self.fileno(), select.POLLOUT)
                    poll.poll()
                rest = rest[count or 0 :]
        except OSError as error:
            if self.error is None:
                self.error = error
                notes.append(f"{self.label} can't be written: {_reason(error)}; its lines are lost")
                if self._raises:
                    raise
        return len(data)

    @property
    def _raises(self) -> bool:
        return self.label == "stdout" and not self.tolerant


_raw: dict[str, _Stream] = {}


def _guarded(name: str, stream: TextIO | None) -> TextIO:
    """A text stream like an existing one over a `_Stream`."""
    raw = _raw[name] = _Stream(name, {"stdout": 1, "stderr": 2}[name])
    if not isinstance(stream, io.TextIOWrapper):  # Python found it closed
        return io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", "backslashreplace", line_buffering=True)
    stream.flush()
    unbuffered = isinstance(stream.buffer, io.RawIOBase)  # python -u
    return io.TextIOWrapper(
        cast("io.BufferedWriter", raw) if unbuffered else io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors=stream.errors,
        newline="\n",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _open_closed() -> None:
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
            os.set_inheritable(descriptor, True)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
