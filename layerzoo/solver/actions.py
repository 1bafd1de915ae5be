"""Requests that signals make of a solver: snapshot, stop, or both. A handler only records the request."""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from enum import Flag, auto
from functools import reduce
from operator import or_
from types import FrameType

from layerzoo.errors import LayerzooError
from layerzoo.ranks import Ranks


class Action(Flag):
    """What to do at the end of the current iteration."""

    NONE = 0
    SNAPSHOT = auto()
    STOP = auto()


class Terminated(LayerzooError):  # noqa: N818 (not an error)
    """Stopped by SIGTERM after a snapshot; 75 (EX_TEMPFAIL) makes a scheduler queue the job again."""

    exit_code = 75


EFFECTS: Mapping[str, Action] = {"snapshot": Action.SNAPSHOT, "stop": Action.STOP, "none": Action.NONE}
"""The values of ``-sigint_effect`` and ``-sighup_effect``."""


class Actions:
    """Collects the requests of signals.

    SIGUSR1 requests a snapshot, SIGTERM a stop; every stop takes a snapshot. A second SIGINT interrupts at
    once if the first requested a stop.

    Args:
        sigint, sighup: the request of each; a signal that requests nothing is ignored, as in Caffe.

    Attributes:
        terminated: SIGTERM was received.
    """

    def __init__(self, sigint: Action = Action.STOP, sighup: Action = Action.SNAPSHOT) -> None:
        self._asked: deque[Action] = deque()  # a signal may come between any two operations
        self.terminated = False
        self._interrupted = False
        self._effects = {
            signal.SIGINT: sigint,
            signal.SIGHUP: sighup,
            signal.SIGUSR1: Action.SNAPSHOT,
            signal.SIGTERM: Action.STOP,
        }

    def listening(self) -> AbstractContextManager[None]:
        """Handle the signals while a block runs; does nothing outside the main thread, where Python can't."""
        return self._handling(self._effects)

    def listening_to_hangups(self) -> AbstractContextManager[None]:
        """Handle SIGHUP only: a terminal can go away while nets are built or published, too."""
        return self._handling([signal.SIGHUP])

    @contextmanager
    def _handling(self, signals: Iterable[signal.Signals]) -> Iterator[None]:
        main = threading.current_thread() is threading.main_thread()
        before = {number: signal.signal(number, self._note) for number in signals if main}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @property
    def pending(self) -> Action:
        """The requests that `take` has not returned yet."""
        return reduce(or_, tuple(self._asked), Action.NONE)

    def ask(self, action: Action) -> None:
        """Add a request, as a signal does."""
        self._asked.append(action)

    def take(self, ranks: Ranks) -> Action:
        """The requests since the last call, in this process or in any other that trains with it."""
        asked = Action.NONE
        while self._asked:
            asked |= self._asked.popleft()
        if ranks.count > 1:
            found = ranks.bitwise_or(asked.value << 1 | self.terminated)
            asked, self.terminated = Action(found >> 1), self.terminated or bool(found & 1)
        return asked

    def _note(self, number: int, _: FrameType | None) -> None:
        effect = self._effects[signal.Signals(number)]
        if number == signal.SIGINT and Action.STOP in effect:
            if self._interrupted:
                raise KeyboardInterrupt
            self._interrupted = True
        self.ask(effect)
        self.terminated = self.terminated or number == signal.SIGTERM
