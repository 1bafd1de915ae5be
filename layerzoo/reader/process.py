"""A reader: a process of its own that parses files, so that a damaged one can't stop this process.

A reader runs ``python -m layerzoo.reader``, without torch unless its service needs it. It has no files open
but its connection, ignores the signals of terminals and schedulers, and ends with its parent. What it sends
is checked, never executed.
"""

from __future__ import annotations

import mmap
import os
import signal
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from layerzoo.reader import places
from layerzoo.reader.block import Places
from layerzoo.reader.failures import unpacked
from layerzoo.reader.protocol import Channel, Message, Part, ProtocolError

WAIT = 120.0
"""Seconds that a reader may take to answer, or to report that it goes on."""
CPU = 60
"""Seconds of processor time that a reader may use for an answer."""
_LONGEST = 3600.0
"""Seconds after which a reader that only reports that it goes on is ended."""
_MAX_ANSWER = 1 << 31
_KEPT = ("PATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "PYTHONHOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
"""Variables of the environment that a reader gets; others may hold secrets."""
_FAULTS = {
    signal.SIGSEGV: "invalid memory access",
    signal.SIGBUS: "access beyond the end of the file",
    signal.SIGXCPU: "endless computation",
    signal.SIGABRT: "failed assertion",
    signal.SIGILL: "invalid instruction",
    signal.SIGFPE: "invalid arithmetic",
    signal.SIGSYS: "forbidden operation",
}
"""Signals that a process gets for what it does itself."""


class ReaderError(Exception):
    """A reader died, took too long, or sent something that is not an answer.

    Args:
        reason: what happened, as a clause after "the process that reads it".
        item: number of the item that it was reading.
        external: whether it was ended from outside, so that another try may succeed.
    """

    def __init__(self, reason: str, item: int = 0, external: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.item, self.external = reason, item, external


class Reader:
    """A reader process with one service; it starts at once, and ends with this object or with `close`.

    Calls are made by one thread at a time. A forked process can't use the
    reader of its parent: `usable` says so.

    Args:
        service: name of the service, one of those that ``layerzoo.reader.serve`` lists.
        setup: what the service needs to know before it locks itself down.
        wait: seconds that it may take to answer.
        cpu: seconds of processor time that it may use for an answer.

    Attributes:
        places: memory for its answers.
        facts: what the service said when it began.
    """

    def __init__(
        self, service: str, setup: dict[str, Any] | None = None, wait: float = WAIT, cpu: int = CPU
    ) -> None:
        self._wait, self._cpu, self._pid = wait, cpu, os.getpid()
        self._unanswered = 0
        self._process, connection, self._shared, self._log = _start()
        self.places = Places(self._shared)
        self._channel = Channel(connection)
        self._finalizer = weakref.finalize(self, _end, self._process, connection, self._log, self._pid)
        self.facts: dict[str, Any] = {}
        try:
            self.serve(service, setup)
        except BaseException:
            self.close()
            raise

    @property
    def usable(self) -> bool:
        """Whether this process started the reader and has not ended it."""
        return self._finalizer.alive and self._pid == os.getpid()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def serve(self, service: str, setup: dict[str, Any] | None = None) -> None:
        """Begin a service; the one before it ends. Answers that nobody took are dropped.

        Raises:
            ReaderError, Exception: see `call`.
        """
        while self._unanswered:
            with suppress(Exception):
                self.answer()
        if not self._finalizer.alive:
            raise ReaderError("has ended", external=True)
        self.facts = self.call("serve", {"service": service, "cpu": self._cpu, **(setup or {})}).head

    def retire(self) -> None:
        """Close the files of the service; `take` may give the process another service."""
        if self.usable and len(_SPARE) < _MAX_SPARE:
            with suppress(ReaderError):
                self.ask("close")
                _SPARE.append(self)
        else:
            self.close()

    def call(
        self,
        name: str,
        values: dict[str, Any] | None = None,
        parts: Sequence[Part] = (),
        limit: int = _MAX_ANSWER,
    ) -> Message:
        """Ask for something and wait for the answer.

        Args:
            name: what to do, one of the service's calls.
            values: arguments that JSON can hold.
            parts: arguments that are raw bytes.
            limit: the most bytes that the answer may have.

        Raises:
            ReaderError: there is no answer; the reader is ended.
            Exception: what the service raised, see `layerzoo.reader.failures`.
        """
        self.ask(name, values, parts)
        return self.answer(limit)

    def ask(self, name: str, values: dict[str, Any] | None = None, parts: Sequence[Part] = ()) -> None:
        """Ask for something; `answer` takes the answer.

        Raises:
            ReaderError: the reader is gone.
        """
        try:
            self._channel.send({**(values or {}), "call": name}, parts, time.monotonic() + self._wait)
        except OSError as error:
            raise self._failed(error) from None
        except BaseException:
            self.close()
            raise
        self._unanswered += 1

    def answer(self, limit: int = _MAX_ANSWER) -> Message:
        """The answer to the question that was asked first.

        Raises:
            ReaderError, Exception: see `call`.
        """
        last = time.monotonic() + _LONGEST
        try:
            message = Message({"goes on": True}, [])
            while "goes on" in message.head:
                message = self._channel.receive(limit, min(last, time.monotonic() + self._wait))
        except (OSError, EOFError, ProtocolError) as error:
            raise self._failed(error) from None
        except BaseException:
            self.close()  # interrupted inside a message: what follows would not be one
            raise
        self._unanswered -= 1
        if "error" in message.head:
            raise unpacked(message.head)
        return message

    def invalid(self, what: str) -> ReaderError:
        """End the reader, and make the error for an answer that is not one; ``what`` it sent."""
        return self._failed(ProtocolError(what))

    def close(self) -> None:
        """End the process."""
        self._finalizer()

    def _failed(self, error: Exception) -> ReaderError:
        """End the reader; say why it gave no answer."""
        if self._finalizer.alive and not isinstance(error, ProtocolError | TimeoutError):
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)  # it closed its connection, so it is ending
        code = self._process.returncode
        last_words = "" if code is None or code < 0 else _last_line(self._log)
        item = places.item(self._shared)
        self._unanswered = 0
        self.close()
        if isinstance(error, ProtocolError):
            return ReaderError(f"sent {error}", item)
        if isinstance(error, TimeoutError):
            return ReaderError(f"gave no answer for {self._wait:g} seconds", item)
        if code is None or code >= 0:
            return ReaderError(f"ended{f': {last_words}' if last_words else ''}", item)
        fault = _FAULTS.get(signal.Signals(-code))
        name = signal.Signals(-code).name
        return ReaderError(f"was killed by {name}{f' ({fault})' if fault else ''}", item, fault is None)


def take(service: str, setup: dict[str, Any]) -> Reader:
    """A reader with a service: one that is not used any more, or a new one.

    Raises:
        ReaderError, Exception: see `Reader.call`.
    """
    while _SPARE:
        with suppress(IndexError):  # another thread took it
            reader = _SPARE.pop()
            try:
                if reader.usable:
                    reader.serve(service, setup)
                    return reader
            except ReaderError as error:
                if not error.external:
                    raise
            except Exception:
                reader.retire()
                raise
    return Reader(service, setup)


_SPARE: list[Reader] = []
_MAX_SPARE = 2


def _start() -> tuple[subprocess.Popen[bytes], socket.socket, mmap.mmap, int]:
    """Start a reader; returns it with its connection, the memory that it shares, and the end of its log."""
    if not sys.executable:
        raise ReaderError("can't be started: Python doesn't know its own path (sys.executable is empty)")
    ours, theirs = socket.socketpair()
    log, their_log = os.pipe()
    os.set_blocking(log, False)
    os.set_blocking(their_log, False)  # what does not fit is dropped
    with theirs:
        items = places.shared_file()
        shared = mmap.mmap(items, 0)
        arguments = [str(theirs.fileno()), str(items), str(os.getpid())]
        try:
            process = subprocess.Popen(
                [sys.executable, "-S", "-P", "-m", "layerzoo.reader", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=their_log,
                pass_fds=(theirs.fileno(), items),
                start_new_session=True,
                env=_environment(),
            )
        except OSError as error:
            ours.close()
            os.close(log)
            raise ReaderError(f"can't be started: {error}") from None
        finally:
            os.close(their_log)
            os.close(items)
    return process, ours, shared, log


def _environment() -> dict[str, str]:
    """The environment of a reader: where modules are found, one thread, no GPU and no secrets."""
    root = str(Path(__file__).parent.parent.parent)
    paths = [path for path in sys.path if path]
    return {
        **{name: os.environ[name] for name in _KEPT if name in os.environ},
        "PYTHONPATH": os.pathsep.join(paths if root in paths else [*paths, root]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "CUDA_VISIBLE_DEVICES": "",
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    }


def _end(process: subprocess.Popen[bytes], connection: socket.socket, log: int, pid: int) -> None:
    """End a reader; in a forked process only close what it inherited."""
    connection.close()
    os.close(log)
    if pid == os.getpid():
        process.kill()
        process.wait()
    else:
        process.returncode = 0  # it is not this process's child: nothing to wait for


def _last_line(log: int) -> str:
    """The last line that a reader wrote to its standard error."""
    with suppress(OSError):
        lines = os.read(log, 1 << 16).decode(errors="replace").split("\n")
        return "".join(c for c in next(filter(None, reversed(lines)), "") if c.isprintable())[:500]
    return ""
