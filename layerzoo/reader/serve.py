"""The reader process: answer the questions of the process that started it, until that ends."""

from __future__ import annotations

import mmap
import os
import resource
import select
import signal
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib import import_module
from typing import Any, ClassVar

from layerzoo.reader import places
from layerzoo.reader.failures import packed
from layerzoo.reader.protocol import Channel, Part

SERVICES = {
    "lmdb": ("layerzoo.reader.lmdb_service", "LMDBService"),
    "leveldb": ("layerzoo.reader.leveldb_service", "LevelDBService"),
    "image": ("layerzoo.sandboxed.image_service", "ImageService"),
    "rows": ("layerzoo.sandboxed.rows_service", "RowsService"),
    "weights": ("layerzoo.sandboxed.tensor_service", "WeightsService"),
    "state": ("layerzoo.sandboxed.tensor_service", "StateService"),
    "safetensors": ("layerzoo.sandboxed.tensor_service", "SafetensorsService"),
    "blob": ("layerzoo.sandboxed.arrays_service", "BlobService"),
    "array": ("layerzoo.sandboxed.arrays_service", "NumpyService"),
    "mean": ("layerzoo.sandboxed.arrays_service", "MeanService"),
}
"""The services by name: module and class. A reader does nothing else."""

_MAX_QUESTION = 1 << 31
_LOOK_EVERY = 5.0
"""Seconds between checks that the parent is alive."""
_REPORT_EVERY = 2.0
"""Seconds after which a long call reports that it goes on."""
_IGNORED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGPIPE")
"""Signals that terminals and schedulers send to all processes of a run; the parent acts on them."""

Answer = tuple[dict[str, Any], Sequence[Part]]


class Progress:
    """What a service reports while it works.

    Args:
        channel: the connection to the parent.
        shared: memory that the parent shares, see `layerzoo.reader.places`.
        cpu: seconds of processor time that a call may use before it reports again.
    """

    def __init__(self, channel: Channel, shared: mmap.mmap, cpu: int) -> None:
        self._channel, self._shared, self._cpu = channel, shared, cpu
        self._reported = time.monotonic()

    def item(self, number: int) -> None:
        """Say which item is being read, so that the parent can name it if this process dies of it."""
        places.ITEM.pack_into(self._shared, 0, number)

    def place(self, number: int) -> memoryview:
        """A place for an answer."""
        return places.place(self._shared, number)

    def start(self) -> None:
        """Begin a call: limit its processor time."""
        self._reported = time.monotonic()
        used = int(time.process_time()) + 1
        _limit(resource.RLIMIT_CPU, used + self._cpu)

    def goes_on(self) -> None:
        """Report that a long call still makes progress."""
        if time.monotonic() - self._reported > _REPORT_EVERY:
            self._channel.send({"goes on": True})
            self.start()


class Service(ABC):
    """What a reader does.

    Args:
        setup: values from the parent.
        progress: for what is reported while a call is in progress.
    """

    calls: ClassVar[Sequence[str]]
    """Names of the methods that may be called; each takes a message."""

    @abstractmethod
    def __init__(self, setup: dict[str, Any], progress: Progress) -> None: ...

    @classmethod
    def prepare(cls) -> None:
        """Import what can't be imported in the sandbox."""
        return

    def facts(self) -> dict[str, Any]:
        """What the parent is told once, when the service is ready."""
        return {}

    def close(self) -> None:  # noqa: B027 (some services have no open files)
        """Close files; the process may get another service."""


def main(connection: int, items: int, parent: int) -> int:
    """Serve until the connection closes or the parent is gone.

    Args:
        connection: file descriptor of the socket.
        items: file descriptor of the memory that the parent shares.
        parent: process id of the parent.

    Returns:
        the exit code, 0.
    """
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for name in _IGNORED:
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    _limit(resource.RLIMIT_CORE, 0)
    shared = mmap.mmap(items, 0)
    os.close(items)
    with socket.socket(fileno=connection) as own:
        channel = Channel(own)
        service: Service | None = None
        progress: Progress | None = None
        while _asked(own, parent):
            try:
                question = channel.receive(_MAX_QUESTION)
            except (EOFError, OSError):
                break
            answer: Answer
            try:
                answer = {}, []
                match question.head["call"]:
                    case "serve" | "close" as call:
                        if service is not None:
                            service.close()
                            service = None
                        if call == "serve":
                            progress = Progress(channel, shared, question.head["cpu"])
                            progress.start()
                            kind = _service(question.head["service"])
                            held = _locked(kind, question.head.get("sandbox"))
                            service = kind(question.head, progress)
                            answer = {**service.facts(), **held}, []
                    case call if service is not None and progress is not None and call in service.calls:
                        progress.start()
                        answer = getattr(service, call)(question)
                    case call:
                        raise KeyError(call)
            except Exception as error:
                answer = packed(error), []
            try:
                channel.send(*answer)
            except OSError:
                break
    return 0


def _asked(connection: socket.socket, parent: int) -> bool:
    """Wait for a question; False if the parent is gone.

    A process that the parent forked can hold the other end open, so that the end of the parent isn't seen.
    """
    while os.getppid() == parent:
        if select.select([connection], [], [], _LOOK_EVERY)[0]:
            return True
    return False


def _service(name: str) -> type[Service]:
    module, cls = SERVICES[name]
    service: type[Service] = getattr(import_module(module), cls)
    return service


def _locked(service: type[Service], sandbox: dict[str, Any] | None) -> dict[str, Any]:
    """Lock this process down if the parent asks for it; says what is held."""
    if sandbox is None:
        return {}
    from layerzoo.reader.lockdown import lock_down

    service.prepare()
    return {"held": lock_down(sandbox["paths"], sandbox["memory"])}


def _limit(kind: int, value: int) -> None:
    """Set a soft limit of this process, as far as the hard one allows."""
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
