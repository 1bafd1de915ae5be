"""Machines of a launch, without the processes that train."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from layerzoo.launching import Request
from layerzoo.launching.machines import Attempt, Machines
from layerzoo.launching.verdict import Ended, Report
from tests.launching.launches import free_place


class Trio:
    """Machines at one place."""

    def __init__(self, count: int, stack: ExitStack) -> None:
        self.place, self.count, self._stack = free_place(), count, stack
        self._pool = stack.enter_context(ThreadPoolExecutor())

    def add(self, **changes: Any) -> Machines:
        """One more."""
        asked = Request(1, self.count, self.place, **{"restarts": 2, **changes})
        return self._stack.enter_context(Machines(asked))

    def join(self, *machines: Machines, attempt: int = 0) -> list[Attempt]:
        """Let machines join, the host first."""
        return self.all([lambda each=each: each.join(attempt, "", None) for each in machines])

    def all(self, calls: list[Callable[[], Any]]) -> list[Any]:
        """The results of calls at the same time, which begin in order."""
        found = []
        for call in calls:
            found.append(self._pool.submit(call))
            time.sleep(0.3)
        return [each.result(30) for each in found]


def report_of(code: int, rank: int, **changes: Any) -> Report:
    """How an attempt has ended on a machine with one process."""
    return Report(socket.gethostname(), [Ended(rank, 0, 100, code, code != 0)], True, "/r", **changes)
