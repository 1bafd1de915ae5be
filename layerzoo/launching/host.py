"""The host of a launch: it numbers the machines, and says what follows from an attempt."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any, Final

from layerzoo.errors import UsageError
from layerzoo.launching.member import Member, RunEndedError
from layerzoo.launching.pulse import Pulse
from layerzoo.launching.request import Request
from layerzoo.launching.store import SharedStore
from layerzoo.launching.verdict import Report, Verdict, judge

log = logging.getLogger("layerzoo")

POLL: Final = 0.1
_FAREWELL: Final = 10.0
"""Seconds that the others have to read how the run has ended."""


class Host:
    """The machine that holds the store and runs the main process.

    Args:
        asked: the machines.
        store: the store.
        pulse: signs of life of the other machines.
    """

    def __init__(self, asked: Request, store: SharedStore, pulse: Pulse | None) -> None:
        self._asked, self._store, self._pulse = asked, store, pulse
        self.round = -1
        self._seats: Sequence[Member] = ()
        self._expected: dict[str, Member] = {}
        self._arrived: list[Member] = []

    def join(self, me: Member, patience: float) -> tuple[dict[str, Any], int]:
        """Wait for the other machines; the plan of the attempt, and this machine's number.

        Raises:
            UsageError: they don't come.
            RunEndedError: another machine has ended the run.
        """
        self.round += 1
        self._store.set("round", self.round)
        self._arrived, latest = [], time.monotonic() + patience
        while not (seats := self._seated(me)):
            self._arrived += self._arrivals(me, len(self._arrived))
            self._raise_if_ended()
            if time.monotonic() > latest:
                raise UsageError(
                    f"-rendezvous {self._asked.rendezvous}: fewer than {self._asked.machines} machines came "
                    f"within {patience / 60:.0f} minutes; run the same command on each of them"
                )
            time.sleep(POLL)
        first = max(seats, key=lambda each: each.attempt)
        plan = {
            "members": [asdict(each) for each in seats],
            "attempt": first.attempt,
            "cause": first.cause,
            "prefix": next((each.prefix for each in seats if each.prefix is not None), None),
        }
        self._store.set(f"{self.round}/plan", plan)
        self._seats = seats
        return plan, 0

    def agree(self, report: Report, attempt: int) -> Verdict:
        """Wait until the attempt has ended on all machines, and tell them what follows."""
        reports, absent = {0: report}, list[str]()
        waiting = dict(enumerate(self._seats))
        del waiting[0]
        while waiting:
            for number, member in list(waiting.items()):
                if (found := self._store.get(f"{self.round}/report {number}")) is not None:
                    reports[number] = Report.from_json(found)
                elif self._is_gone(member):
                    absent.append(member.machine)
                else:
                    continue
                del waiting[number]
            self._raise_if_ended()
            time.sleep(POLL if waiting else 0)
        verdict = judge(
            [reports[number] for number in sorted(reports)], absent, attempt, self._asked.restarts
        )
        self._expected = {self._seats[number].key: self._seats[number] for number in reports if number}
        self._store.set(f"{self.round}/verdict", asdict(verdict))
        if verdict.code is not None:
            self._wait_for_readers(self._expected.values())
        return verdict

    def end(self, why: Verdict) -> None:
        """Tell the other machines that the run has ended, wherever they wait."""
        if self._store.get(f"{self.round}/plan") is None:
            self._store.set(f"{self.round}/plan", {"end": asdict(why)})
            self._wait_for_readers(self._arrived)
        elif self._store.get(f"{self.round}/verdict") is None:
            self._store.set(f"{self.round}/verdict", asdict(why))
            self._wait_for_readers(self._seats[1:])

    def _arrivals(self, me: Member, known: int) -> list[Member]:
        """The machines that have come, after the first so many."""
        found = []
        for number in range(known, self._store.add(f"{self.round}/arrivals", 0)):
            while (value := self._store.get(f"{self.round}/arrival {number + 1}")) is None:
                time.sleep(POLL)
            member = Member(**value)
            if difference := me.difference(member):
                text = f"-rendezvous {self._asked.rendezvous}: {difference}; give the same on each machine"
                self._store.set(f"refused {member.key}", text)
                log.warning("machine %s was refused: %s", member.machine, text)
            elif self._pulse is not None:
                self._pulse.watch(member.key)
            found.append(member)
        return found

    def _seated(self, me: Member) -> list[Member]:
        """The machines by number, if enough that give signs of life have come; those of before go first."""
        if self._pulse is None:
            return [me]
        present = {
            each.key: each
            for each in self._arrived
            if not me.difference(each) and self._pulse.is_present(each.key)
        }
        missing = [
            each for key, each in self._expected.items() if key not in present and not self._is_gone(each)
        ]
        if len(present) < self._asked.machines - 1 or missing:
            return []
        before = [each.key for each in self._seats[1:]]
        chosen = sorted(present, key=lambda key: key not in self._expected)[: self._asked.machines - 1]
        free = iter([key for key in chosen if key not in before])
        kept = [key if key in chosen else next(free) for key in before]
        return [me, *(present[key] for key in [*kept, *free])]

    def _is_gone(self, member: Member) -> bool:
        """Whether a machine has left the round: it has fallen silent, or its own machine says so."""
        assert self._pulse is not None, "a single machine waits for no others"
        left = self._store.get(f"{self.round}/gone {member.key}") is not None
        return left or self._pulse.is_silent(member.key)

    def _raise_if_ended(self) -> None:
        if (found := self._store.get("ends")) is not None:
            raise RunEndedError(found["text"], found["code"])

    def _wait_for_readers(self, members: Collection[Member]) -> None:
        """Wait until the others have read how the run has ended: the store ends with this process."""
        latest = time.monotonic() + _FAREWELL
        while self._pulse is not None and time.monotonic() < latest:
            here = sum(self._pulse.is_present(each.key) for each in members)
            if self._store.add(f"{self.round}/read", 0) >= here:
                return
            time.sleep(POLL)
