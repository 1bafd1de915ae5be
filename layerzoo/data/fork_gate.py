"""Fork processes only while no other thread reads data.

A forked process has one thread. A lock that another thread held at that moment, such as one of a library that
decodes images, stays held in it for ever.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class ForkGate:
    """Lets many threads read, or one fork.

    A thread that forks holds back those that begin to read, so that it is not kept waiting.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._readers = 0
        self._forking = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read data in the block; no process is forked meanwhile."""
        with self._changed:
            while self._forking:
                self._changed.wait()
            self._readers += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                self._changed.notify_all()

    @contextmanager
    def forking(self) -> Iterator[None]:
        """Fork processes in the block; no other thread reads meanwhile. Not for use inside `reading`."""
        with self._changed:
            while self._forking:
                self._changed.wait()
            self._forking = 1
            while self._readers:
                self._changed.wait()
        try:
            yield
        finally:
            with self._changed:
                self._forking = 0
                self._changed.notify_all()


GATE = ForkGate()
"""The gate of all data layers."""
