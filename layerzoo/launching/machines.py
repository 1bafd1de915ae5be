"""The machines of a launch: they begin each attempt together, and agree on what follows from it."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Final, Self

from layerzoo.errors import LayerzooError
from layerzoo.launching.guest import Guest
from layerzoo.launching.host import Host
from layerzoo.launching.member import Member, RunEndedError
from layerzoo.launching.pulse import Pulse
from layerzoo.launching.rendezvous import Rendezvous
from layerzoo.launching.request import Request
from layerzoo.launching.store import HostLostError, SharedStore, open_store
from layerzoo.launching.verdict import INTERRUPTED, TERMINATED, Report, Verdict

MEETING_TIME: Final = 900.0
"""Seconds in which all machines have to come to the rendezvous."""
RETURN_TIME: Final = 600.0
"""Seconds in which a machine that was lost has to come back."""


@dataclass(frozen=True)
class Attempt:
    """An attempt that the machines begin together.

    Attributes:
        number: from 0.
        cause: why the one before it ended.
        prefix: the ``snapshot_prefix`` of the run, if it has begun.
        members: the machines, by number.
        rendezvous: for the agent.
    """

    number: int
    cause: str
    prefix: str | None
    members: Sequence[Member]
    rendezvous: Rendezvous


class Machines:
    """The machines of a launch; a context manager.

    Machine 0, the host, holds the store and runs the main process. In each round it numbers the machines that
    have come, collects how the attempt has ended on each of them, and says what follows. A machine whose
    launch has ended may come back; it takes part from the next round on.

    Args:
        asked: how many there are, and where they meet.
    """

    def __init__(self, asked: Request) -> None:
        self._asked = asked
        self._me = Member.of_this_machine(asked)
        self._store: SharedStore | None = None
        self._pulse: Pulse | None = None
        self._role: Host | Guest | None = None
        self._may_host = True
        self._left = ("", -1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave; if this machine ends the run, the others hear why."""
        if self._role is not None:
            with suppress(HostLostError):
                self._role.end(self._why(error))
        self.forget_host()

    @property
    def failed(self) -> bool:
        """Whether the attempt has failed on some machine."""
        return self._pulse is not None and self._pulse.failed

    @property
    def lost(self) -> str | None:
        """Why the host can't be reached; None if it can."""
        return None if self._pulse is None else self._pulse.lost

    def tell_failed(self) -> None:
        """Tell all machines that the attempt has failed here."""
        if self._pulse is not None:
            self._pulse.tell_failed()

    def tell_begun(self) -> None:
        """All processes of this machine train; if another machine is lost now, they notice it themselves."""
        if self._pulse is not None:
            self._pulse.starting = False

    def join(self, attempt: int, cause: str, prefix: str | None) -> Attempt:
        """Wait for the other machines, and begin an attempt with them.

        Args:
            attempt: its number, as far as this machine knows.
            cause: why the one before it ended.
            prefix: the ``snapshot_prefix`` of the run, if it has begun.

        Raises:
            UsageError: the machines don't meet.
            RunEndedError: another machine has ended the run.
            HostLostError: the connection is lost meanwhile.
        """
        patience = RETURN_TIME if attempt else MEETING_TIME
        self._me = replace(self._me, attempt=attempt, cause=cause, prefix=prefix)
        if self._store is None:
            self._store = open_store(self._asked, self._may_host, patience)
            self._may_host = False  # once the machines have met, the main process stays where it is
            self._pulse = Pulse(self._store, self._me.key) if self._asked.machines > 1 else None
            if self._store.is_host:
                self._role = Host(self._asked, self._store, self._pulse)
            else:
                launch, number = self._left
                self._role = Guest(self._asked, self._store, number if launch == self._store.launch else -1)
        assert self._role is not None
        plan, number = self._role.join(self._me, patience)
        members = [Member(**each) for each in plan["members"]]
        if self._pulse is not None:
            self._pulse.begin(self._role.round, [each.key for each in members[1:]] if number == 0 else [])
        rendezvous = Rendezvous(
            self._store.part(f"round {self._role.round}"),
            number,
            len(members),
            (self._store.address, self._store.port),
            lambda: self.lost,
        )
        return Attempt(plan["attempt"], plan["cause"], plan["prefix"], members, rendezvous)

    def agree(self, report: Report, attempt: int) -> Verdict:
        """Report how an attempt has ended here, and wait until it has on each machine; what follows.

        Raises:
            HostLostError: the connection is lost.
        """
        assert self._role is not None
        verdict = self._role.agree(report, attempt)
        if verdict.code is not None:
            self._role = None
        return verdict

    def forget_host(self) -> None:
        """Close the connection; the next `join` looks for the host again."""
        if self._pulse is not None:
            self._pulse.end()
        if self._store is not None and self._role is not None:
            self._left = (self._store.launch, self._role.round)
        self._store = self._pulse = self._role = None

    def _why(self, error: BaseException | None) -> Verdict:
        """Why this machine ends the run, for the others."""
        name = self._me.machine
        match error:
            case KeyboardInterrupt():
                return Verdict(INTERRUPTED, text=f"stopped by Ctrl-C on machine {name}")
            case SystemExit():
                return Verdict(TERMINATED, text=f"stopped by {signal.SIGTERM.name} on machine {name}")
            case RunEndedError():
                return Verdict(error.exit_code, text=str(error))
            case LayerzooError():
                return Verdict(error.exit_code, text=f"machine {name}: {error}")
        return Verdict(1, text=f"machine {name} has ended the run; its own message says why")
