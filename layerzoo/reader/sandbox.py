"""The sandbox: strangers' files are parsed by readers that have locked themselves down first.

The user chooses it, by ``layerzoo -sandbox`` or ``LAYERZOO_SANDBOX=1``. A reader in it may not write files,
use the network, start programs, or read other files than those that it is for; memory, and processor time
for an answer, are limited. Each file has a reader of its own; images, which come as bytes, share one.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from layerzoo.errors import LayerzooError
from layerzoo.reader.lockdown import READING, Held
from layerzoo.reader.process import Reader, ReaderError
from layerzoo.reader.protocol import Message, Part

log = logging.getLogger("layerzoo")

VARIABLE: Final = "LAYERZOO_SANDBOX"
"""The variable of the environment that turns the sandbox on; processes that this one starts inherit it."""
MEMORY: Final = 1 << 31
"""Bytes of memory of a reader, beside what its file takes."""
_OFF = {"", "0", "false", "no", "off"}


def is_on() -> bool:
    """Whether strangers' files are parsed in the sandbox."""
    return os.environ.get(VARIABLE, "").lower() not in _OFF


def turn_on() -> None:
    """Parse strangers' files in the sandbox from now on, in this process and those that it starts."""
    os.environ[VARIABLE] = "1"


def started(service: str, path: Path | None, setup: dict[str, Any]) -> Reader:
    """Start a reader in the sandbox; a warning says once what the kernel can't hold.

    Args:
        service: name of the service.
        path: the file or folder that it is for; None if it reads no file.
        setup: what the service needs to know.

    Raises:
        ReaderError, Exception: see `Reader.call`.
    """
    paths = [] if path is None else [str(path.resolve())]
    size = 0 if path is None else sum(file.stat().st_size for file in _files(path))
    held = {"paths": paths, "memory": MEMORY + 4 * size}
    reader = Reader(service, {**setup, "sandbox": held})
    _warn(reader.facts.get("held"))
    return reader


def warning(held: Held) -> str | None:
    """What to say of a kernel that can't hold everything; None if it can."""
    if not held.missing:
        return None
    needs = "Linux 5.13 with Landlock, and seccomp" if READING in held.missing else "seccomp"
    return (
        f"the sandbox is weaker than it should be: this system can't keep a process that parses a stranger's "
        f"file from the following: {', '.join(held.missing)}; this needs {needs}"
    )


class SharedReader:
    """A reader in the sandbox for many small calls, from all threads; started when it is needed.

    Args:
        service: name of the service.
    """

    def __init__(self, service: str) -> None:
        self._service = service
        self._lock, self._reader = threading.Lock(), None  # type: tuple[threading.Lock, Reader | None]
        os.register_at_fork(after_in_child=self._renew_lock)

    def call(
        self,
        name: str,
        values: dict[str, Any],
        parts: Sequence[Part],
        limit: int,
        what: str,
        error: type[LayerzooError],
    ) -> Message:
        """Ask for something, see `Reader.call`; a reader that was ended from outside is started again.

        Args:
            name, values, parts, limit: see `Reader.call`.
            what: name of the data, for messages.
            error: raised if there is no answer.

        Raises:
            error: the reader died of the data, or took too long.
            Exception: what the service raised.
        """
        with self._lock:
            for is_last in (False, True):
                try:
                    if self._reader is None or not self._reader.usable:
                        self._reader = started(self._service, None, {})
                    return self._reader.call(name, values, parts, limit)
                except ReaderError as failure:
                    self._reader = None
                    if is_last or not failure.external:
                        raise error(f"{what}: damaged: the process that reads it {failure}") from None
                except RuntimeError as failure:  # of a library in the reader
                    raise error(f"{what}: can't be read: {failure}") from None
                except MemoryError:
                    raise error(f"{what}: it needs more memory than the sandbox allows") from None
            raise AssertionError  # the loop returns or raises

    def invalid(self, what: str, error: type[LayerzooError]) -> LayerzooError:
        """End the reader, and make the error for an answer that is not one."""
        with self._lock:
            if self._reader is not None:
                self._reader.close()
            self._reader = None
        return error(f"{what}: the process that reads it sent something else")

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()


def _files(path: Path) -> list[Path]:
    return [file for file in path.iterdir() if file.is_file()] if path.is_dir() else [path]


_warned = False


def _warn(held: object) -> None:
    global _warned  # noqa: PLW0603 (once per process)
    match held:
        case [int(landlock), bool(seccomp)]:
            text = warning(Held(landlock, seccomp))
        case _:
            text = warning(Held(0, False))
    if text is not None and not _warned:
        _warned = True
        log.warning("%s", text)
