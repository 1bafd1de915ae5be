"""What a signal asks of a solver: snapshot, stop, or both. Nothing is done inside the signal's handler."""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Flag, auto
from functools import reduce
from operator import or_
from types import FrameType

from layerzoo.errors import LayerzooError
from layerzoo.ranks import Ranks


class Action(Flag):
    """What to do at the end of the running iteration."""

    NONE = 0
    SNAPSHOT = auto()
    STOP = auto()


class Terminated(LayerzooError):  # noqa: N818 (an ending, not a mistake)
    """Stopped by SIGTERM after a snapshot; 75 (EX_TEMPFAIL) makes a scheduler queue the job again."""

    exit_code = 75


EFFECTS: Mapping[str, Action] = {"snapshot": Action.SNAPSHOT, "stop": Action.STOP, "none": Action.NONE}
"""The values of ``-sigint_effect`` and ``-sighup_effect``."""


class Actions:
    """Collects what signals ask for.

    SIGUSR1 asks for a snapshot, SIGTERM for a stop; every stop comes with a snapshot. A second SIGINT, where
    the first asked for a stop, doesn't wait for it.

    Args:
        sigint, sighup: what each asks for; a signal that asks for nothing is ignored, as in Caffe.

    Attributes:
        terminated: SIGTERM came.
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

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Handle the signals while a block runs; outside the main thread Python can't, and nothing is."""
        main = threading.current_thread() is threading.main_thread()
        before = {number: signal.signal(number, self._note) for number in self._effects if main}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @property
    def pending(self) -> Action:
        """What has been asked for and not been taken."""
        return reduce(or_, tuple(self._asked), Action.NONE)

    def ask(self, action: Action) -> None:
        """Do as a signal would."""
        self._asked.append(action)

    def take(self, ranks: Ranks) -> Action:
        """What has been asked for since the last call, of this process or of one that trains along."""
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
