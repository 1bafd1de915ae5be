"""What a machine of a launch says of itself."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import Self
from uuid import uuid4

from layerzoo.errors import LayerzooError
from layerzoo.launching.request import Request
from layerzoo.run_lock.record import pid_namespace, process_exists
from layerzoo.version import __version__


class RunEndedError(LayerzooError):
    """Another machine has ended the run.

    Args:
        text: why.
        code: the exit code.
    """

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.exit_code = code


@dataclass(frozen=True)
class Member:
    """What a machine says of itself when it joins.

    Attributes:
        key: names this launch on this machine, unlike any other.
        machine: its name.
        pid, pids: the number of the program that launches, and where that number is valid.
        version, machines, restarts: what has to be the same on all machines.
        attempt, cause: the number of the attempt that it would begin, and why the one before it ended.
        prefix: the ``snapshot_prefix`` of the run, if it has begun.
    """

    key: str
    machine: str
    pid: int
    pids: str
    version: str
    machines: int
    restarts: int
    attempt: int = 0
    cause: str = ""
    prefix: str | None = None

    @classmethod
    def of_this_machine(cls, asked: Request) -> Self:
        """This launch."""
        named = (uuid4().hex, socket.gethostname(), os.getpid(), pid_namespace(), __version__)
        return cls(*named, asked.machines, asked.restarts)

    def difference(self, other: Member) -> str:
        """What is not the same on both, for a message; "" if all is."""
        for name, flag in (("machines", "-machines"), ("restarts", "-restarts"), ("version", "Layerzoo")):
            ours, theirs = getattr(self, name), getattr(other, name)
            if ours != theirs:
                return (
                    f"{flag} {theirs} on machine {other.machine}, but {flag} {ours} on machine {self.machine}"
                )
        return ""

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine."""
        return self.pids == pid_namespace()

    @property
    def has_ended(self) -> bool:
        """Whether it was on this machine, and runs no more."""
        return self.is_here and not process_exists(self.pid)
