"""A machine of a launch that is not its host."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final, TypeVar

from layerzoo.errors import UsageError
from layerzoo.launching.host import POLL
from layerzoo.launching.member import Member, RunEndedError
from layerzoo.launching.request import Request
from layerzoo.launching.store import SharedStore
from layerzoo.launching.verdict import Report, Verdict

log = logging.getLogger("layerzoo")

T = TypeVar("T")

_PLACE_TIME: Final = 120.0
"""Seconds in which a place has to become free for a machine that comes when all have met."""


class Guest:
    """A machine that joins the launch of another one, the host.

    Args:
        asked: the machines.
        store: the store of the host.
        left: the last round in which this machine took part, before it lost the connection; -1 for none.

    Attributes:
        round: the number of the round.
    """

    def __init__(self, asked: Request, store: SharedStore, left: int = -1) -> None:
        self._asked, self._store, self.round = asked, store, left
        self._left = left
        self._number: int | None = None

    def join(self, me: Member, patience: float) -> tuple[dict[str, Any], int]:
        """Wait until the host has given this machine a number; the plan of the attempt, and the number.

        The host waits for all machines; a guest waits for the host.

        Raises:
            UsageError: the host has refused this machine, or has no place for it.
            RunEndedError: the run has ended.
        """
        if self._left >= 0:
            self._store.set(f"{self._left}/gone {me.key}", True)
        latest: float | None = None
        while True:
            self.round = self._wait(self._next_round, me, latest)
            if (plan := self._plan()) is None:
                arrival = self._store.add(f"{self.round}/arrivals")
                self._store.set(f"{self.round}/arrival {arrival}", asdict(me))
                plan = self._wait(self._plan, me)
            members = [Member(**each) for each in plan["members"]]
            keys = [each.key for each in members]
            if me.key in keys:
                self._number = number = keys.index(me.key)
                return plan, number
            self._ask_for_a_place(members, me)
            latest = latest or time.monotonic() + _PLACE_TIME

    def agree(self, report: Report, attempt: int) -> Verdict:
        """Report how the attempt has ended here, and wait for what follows."""
        self._store.set(f"{self.round}/report {self._number}", report.to_json())
        while (found := self._store.get(f"{self.round}/verdict")) is None:
            time.sleep(POLL)
        verdict = Verdict(**found)
        if verdict.code is not None:
            self._store.add(f"{self.round}/read")
        return verdict

    def end(self, why: Verdict) -> None:
        """Leave; if the machines have met before, the run ends on all of them."""
        if self._number is not None:
            self._store.set("ends", {"text": why.text, "code": why.code})
            self._store.add(f"{self.round}/read")

    def _next_round(self) -> int | None:
        number = self._store.get("round")
        return int(number) if number is not None and number > self.round else None

    def _plan(self) -> dict[str, Any] | None:
        plan: dict[str, Any] | None = self._store.get(f"{self.round}/plan")
        if plan is not None and "end" in plan:
            self._store.add(f"{self.round}/read")
            raise RunEndedError(plan["end"]["text"], plan["end"]["code"])
        return plan

    def _wait(self, read: Callable[[], T | None], me: Member, latest: float | None = None) -> T:
        """Wait for a value of the host."""
        while (value := read()) is None:
            if (refusal := self._store.get(f"refused {me.key}")) is not None:
                raise UsageError(refusal)
            if latest is not None and time.monotonic() > latest:
                raise self._no_place()
            time.sleep(POLL)
        return value

    def _ask_for_a_place(self, members: Sequence[Member], me: Member) -> None:
        """See whether one of the machines may be lost; else another launch has met here."""
        if difference := members[0].difference(me):
            raise UsageError(
                f"-rendezvous {self._asked.rendezvous}: {difference}; give the same on each machine"
            )
        ended = [each for each in members if each.has_ended]
        for member in ended:  # this machine is there again before the others have missed it
            self._store.set(f"{self.round}/gone {member.key}", True)
        if not ended and any(each.is_here for each in members):
            raise self._no_place()
        log.info(
            "The machines at %s have met; waiting up to %.0f s for the place of one that is lost",
            *(self._asked.rendezvous, _PLACE_TIME),
        )

    def _no_place(self) -> UsageError:
        return UsageError(
            f"-rendezvous {self._asked.rendezvous}: another launch has its {self._asked.machines} machines "
            "there; give another port, the same on each machine"
        )
