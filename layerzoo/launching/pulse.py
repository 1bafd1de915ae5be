"""Signs of life of the machines of a launch."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from typing import Final

from layerzoo.launching.store import HostLostError, SharedStore

SILENT: Final = 30.0
"""Seconds without a sign of life after which the launch of a machine counts as ended; not while it trains."""
_BEAT: Final = 0.5
_PRESENT: Final = 3.0
"""Seconds within which a machine that is to begin must have given a sign of life."""


class Pulse:
    """Counts a counter of this machine up, in a thread, and watches those of others.

    What counts is that a counter changes; no clocks of two machines are compared.

    Args:
        store: the store of the launch.
        key: the name of this machine.

    Attributes:
        lost: why the host can't be reached; None if it can.
        failed: whether the attempt has failed on some machine.
        starting: whether processes are being started; machines that are watched must not fall silent then.
    """

    def __init__(self, store: SharedStore, key: str) -> None:
        self.lost: str | None = None
        self.failed, self.starting = False, False
        self._store, self._key = store, key
        self._to_tell = threading.Event()
        self._ended = threading.Event()
        self._round = 0
        self._seen: dict[str, tuple[int, float | None]] = {}
        self._watched_since: dict[str, float] = {}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def begin(self, number: int, watched: Collection[str]) -> None:
        """Begin a round, in which no machine has failed yet."""
        self._round = number
        self._to_tell.clear()
        self.failed, self.starting = False, True
        self._watched_since = dict.fromkeys(watched, time.monotonic())

    def tell_failed(self) -> None:
        """Tell all machines that the attempt has failed here."""
        self._to_tell.set()

    def watch(self, key: str) -> None:
        """Watch another machine."""
        self._watched_since.setdefault(key, time.monotonic())

    def is_present(self, key: str) -> bool:
        """Whether a machine that is watched has just given a sign of life."""
        last = self._seen.get(key, (0, None))[1]
        return last is not None and time.monotonic() - last < _PRESENT

    def is_silent(self, key: str) -> bool:
        """Whether a machine that is watched has not given a sign of life for long."""
        last = self._seen.get(key, (0, None))[1]
        return time.monotonic() - (self._watched_since[key] if last is None else last) > SILENT

    def end(self) -> None:
        """End the thread; it may be waiting for the host, and is left alone then."""
        self._ended.set()
        self._thread.join(2 * _BEAT)

    def _run(self) -> None:
        try:
            while not self._ended.wait(_BEAT):
                self._beat()
        except HostLostError as error:
            self.lost = str(error)

    def _beat(self) -> None:
        number, flag = self._round, f"{self._round}/failed"
        self._store.add(f"beat {self._key}")
        for key in list(self._watched_since):
            count, now = self._store.add(f"beat {key}", 0), time.monotonic()
            before = self._seen.get(key)
            if before is None or before[0] != count:
                self._seen[key] = (count, None if before is None else now)
        if self.starting and any(self.is_silent(key) for key in list(self._watched_since)):
            self._to_tell.set()
        if self._to_tell.is_set() and not self.failed:
            self._store.set(flag, True)
        if self._store.get(flag) and number == self._round:
            self.failed = True
