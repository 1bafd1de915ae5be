"""The store through which the machines of a launch agree; the host, one of them, holds it."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeVar
from uuid import uuid4

from torch.distributed import (  # type: ignore[attr-defined]  # its exports are not marked
    DistError,
    PrefixStore,
    Store,
    TCPStore,
)

from layerzoo.connections import GONE, is_own, keep_alive
from layerzoo.errors import LayerzooError, UsageError
from layerzoo.launching.request import Request

T = TypeVar("T")

LOCAL: Final = "127.0.0.1"
_BETWEEN: Final = 0.2
"""Seconds between two tries to reach the host."""
_ANSWER: Final = 10.0
"""Seconds in which what listens at the rendezvous has to answer as the store of a launch does."""
_TRIES: Final = 3
_TIMEOUT: Final = timedelta(seconds=2 * GONE)
_NAMESPACE: Final = "layerzoo"
_LAUNCH: Final = "launch"
_ATTEMPT_TIMEOUT: Final = timedelta(seconds=30)
"""The timeout of the agents, which look for each other as soon as the machines have met."""


class HostLostError(LayerzooError):
    """The machine that holds the store does not answer."""


class SharedStore:
    """Values by name, as JSON, and counters, that all machines see.

    A call waits as long as the host is only busy or suspended, and can be interrupted by a signal meanwhile.

    Args:
        store: torch's.
        is_host: whether this machine holds it.
        launch: names the launch of the host, unlike any other.

    Attributes:
        address, port: where it can be reached.
        is_host, launch: see above.

    Raises:
        HostLostError: in each call, once the connection is lost.
    """

    def __init__(self, store: TCPStore, is_host: bool, launch: str = "") -> None:
        self._store, self.is_host, self.launch = store, is_host, launch
        self._values = PrefixStore(_NAMESPACE, store)
        self.address, self.port = store.host, store.port

    def set(self, key: str, value: Any) -> None:
        """Give a name a value."""
        self._call(lambda: self._values.set(key, json.dumps(value)))

    def get(self, key: str) -> Any:
        """The value of a name; None if it has none."""
        return self._call(lambda: json.loads(self._values.get(key)) if self._values.check([key]) else None)

    def add(self, key: str, amount: int = 1) -> int:
        """Add to a counter, which begins at 0; returns its new value."""
        return self._call(lambda: int(self._values.add(key, amount)))

    def part(self, name: str) -> Store:
        """A store of torch's for the agents, with names and a connection of its own."""

        def connect() -> TCPStore:
            return TCPStore(self.address, self.port, None, False, _ATTEMPT_TIMEOUT, False)

        store = self._call(connect)
        keep_alive()
        return PrefixStore(name, store)

    def _call(self, call: Callable[[], T]) -> T:
        try:
            return call() if self.is_host else interruptible(call)
        except (DistError, RuntimeError) as error:
            raise HostLostError(first_line(error)) from error


def open_store(asked: Request, may_host: bool, patience: float) -> SharedStore:
    """Hold the store, or connect to the machine that does.

    Args:
        asked: the machines and where they meet.
        may_host: this machine may hold it, if ``HOST`` is one of its addresses.
        patience: seconds in which the host has to be there.

    Raises:
        UsageError: the host can't be reached.
    """
    if not asked.rendezvous:
        return _hold(LOCAL, 0)
    host, _, text = asked.rendezvous.rpartition(":")
    host, port = host.strip("[]"), int(text)
    _check_name(asked.rendezvous, host, port)
    hosting = may_host and (is_own(host) if asked.is_host is None else asked.is_host)
    latest, strange = time.monotonic() + patience, 0
    while True:
        if hosting:
            try:
                return _hold(host, port)
            except (DistError, RuntimeError) as error:  # the port is in use: by another machine's launch
                reason = first_line(error)
        try:
            with socket.create_connection((host, port), timeout=_ANSWER):
                pass
            return _reach(host, port)
        except (TimeoutError, DistError, RuntimeError) as error:
            reason, strange = first_line(error), strange + 1
        except OSError as error:  # the host may begin later
            reason = str(error.strerror or error)
        if strange == _TRIES:
            raise UsageError(
                f"-rendezvous {asked.rendezvous}: something else than a launch of Layerzoo listens "
                "there; give another port, the same on each machine"
            )
        if time.monotonic() > latest:
            raise UsageError(
                f"-rendezvous {asked.rendezvous}: it can't be reached from here ({reason}); the "
                "command has to run on that machine too, and the port be open"
            )
        time.sleep(_BETWEEN)


def _hold(host: str, port: int) -> SharedStore:
    store = SharedStore(TCPStore(host, port, None, True, _TIMEOUT, False), True, uuid4().hex)
    store.set(_LAUNCH, store.launch)
    return store


def _reach(host: str, port: int) -> SharedStore:
    def reach() -> TCPStore:
        return TCPStore(host, port, None, False, timedelta(seconds=_ANSWER), False)

    store = SharedStore(interruptible(reach, _ANSWER), is_host=False)
    keep_alive()
    latest = time.monotonic() + _ANSWER
    while not (launch := store.get(_LAUNCH)):
        if time.monotonic() > latest:
            raise TimeoutError("it has no values of a launch")
        time.sleep(_BETWEEN)
    store.launch = str(launch)
    return store


def interruptible(call: Callable[[], T], limit: float | None = None) -> T:
    """Call a function that may block outside of Python, where no signal is handled.

    Args:
        call: the function.
        limit: seconds to wait.

    Raises:
        TimeoutError: it has not returned; it goes on in a thread.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # raised in the thread that waits
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(limit)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError("no answer")
    return results[0]


def first_line(error: Exception) -> str:
    """The beginning of an error's message, which may be a trace."""
    return str(error).strip().partition("\n")[0][:200]


def _check_name(rendezvous: str, host: str, port: int) -> None:
    try:
        socket.getaddrinfo(host, port)
    except OSError as error:
        raise UsageError(f"-rendezvous {rendezvous}: unknown host '{host}' ({error.strerror})") from error
