"""Pass the signals of a launch on to its processes."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Final, Self

_PASSED: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGTSTP", "SIGCONT")
_PATIENCE: Final = 10.0
"""Seconds from the second Ctrl-C until processes that have not ended are killed."""
_IN_ORDER, _AT_ONCE = 1, 2


class Relay:
    """Passes signals on; a context manager, to be entered in the main thread.

    The processes have sessions of their own, so that Ctrl-C reaches only the program that launches. The first
    one lets all of them take a snapshot and stop, as SIGTERM does; the second one interrupts them; the third
    one, or 10 seconds, kills them. Before all have begun to train, nothing is to be kept, and they are ended.

    Attributes:
        pids: gives the numbers of the running processes.
        training: whether all of them have begun to train.
        interrupted, terminated: SIGINT, SIGTERM was received.
    """

    def __init__(self) -> None:
        self.pids: Callable[[], Iterable[int]] = tuple
        self.training: Callable[[], bool] = lambda: False
        self.interrupted = self.terminated = False
        self._interrupts = 0
        self._before: dict[int, Any] = {}

    @property
    def stopping(self) -> bool:
        """Whether the processes were asked to stop."""
        return self.interrupted or self.terminated

    def __enter__(self) -> Self:
        for name in _PASSED:
            number = getattr(signal, name, None)
            if number is not None:
                self._before[number] = signal.signal(number, self._passed)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def send(self, number: int) -> None:
        """Send a signal to each process."""
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """End each process at once, with the processes that it started."""
        for pid in self.pids():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)

    def _passed(self, number: int, _: FrameType | None) -> None:
        match number:
            case signal.SIGINT:
                self._interrupt()
            case signal.SIGTERM:
                self.terminated = True
                if not any(True for _ in self.pids()):
                    raise SystemExit(75)
                self.send(number)
            case signal.SIGTSTP:
                self.send(signal.SIGSTOP)
                os.kill(os.getpid(), signal.SIGSTOP)
            case _:
                self.send(number)

    def _interrupt(self) -> None:
        self.interrupted = True
        self._interrupts += 1
        if not any(True for _ in self.pids()):
            raise KeyboardInterrupt
        if self._interrupts > _AT_ONCE:
            self.kill()
        elif self._interrupts == _AT_ONCE:
            self.send(signal.SIGINT)
            timer = threading.Timer(_PATIENCE, self.kill)
            timer.daemon = True
            timer.start()
        else:
            self.send(signal.SIGINT if self.training() else signal.SIGTERM)
