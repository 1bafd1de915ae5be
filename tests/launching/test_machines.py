"""How the machines of a launch meet, number themselves and agree."""

from __future__ import annotations

import dataclasses
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any

import pytest

from layerzoo.errors import UsageError
from layerzoo.launching import Request, guest, machines, pulse, store
from layerzoo.launching.machines import Attempt, Machines
from layerzoo.launching.member import Member, RunEndedError
from layerzoo.launching.store import HostLostError
from layerzoo.launching.verdict import Ended, Report, Verdict
from tests.launching.launches import free_place

GONE = 1 << 22
"""A process that doesn't exist."""


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "SILENT", 2.0)
    monkeypatch.setattr(guest, "_PLACE_TIME", 2.0)


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


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closes what a test has opened."""
    with ExitStack() as opened:
        yield opened


def _report(code: int, rank: int, **changes: Any) -> Report:
    return Report(socket.gethostname(), [Ended(rank, 0, 100, code, code != 0)], True, "/r", **changes)


def test_single_machine_has_met(stack: ExitStack) -> None:
    alone = stack.enter_context(Machines(Request(2)))
    attempt = alone.join(0, "", None)
    assert (attempt.number, len(attempt.members)) == (0, 1)
    info = attempt.rendezvous.next_rendezvous()
    assert (info.rank, info.world_size) == (0, 1)
    assert alone.agree(_report(0, 0), 0) == Verdict(0)
    assert alone.lost is None
    assert not alone.failed


def test_machines_keep_their_numbers_in_the_next_attempt(stack: ExitStack) -> None:
    trio = Trio(3, stack)
    members = [trio.add() for _ in range(3)]
    first = trio.join(*members)
    order = [each.key for each in first[0].members]
    assert [each.rendezvous.next_rendezvous().rank for each in first] == [0, 1, 2]
    verdicts = trio.all(
        [
            lambda n=n, each=each: each.agree(_report(-9 if n == 1 else 1, n), 0)
            for n, each in enumerate(members)
        ]
    )
    assert [each.code for each in verdicts] == [None] * 3
    assert len({each.cause for each in verdicts}) == 1
    again = trio.all(
        [lambda each=each: each.join(1, "", None) for each in [members[0], members[2], members[1]]]
    )
    assert [each.key for each in again[0].members] == order
    assert [each.number for each in again] == [1, 1, 1]


def test_failure_is_told_to_all(stack: ExitStack) -> None:
    trio = Trio(2, stack)
    host, other = trio.add(), trio.add()
    trio.join(host, other)
    other.tell_failed()
    deadline = time.monotonic() + 10
    while not host.failed:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert other.failed


def test_machine_that_takes_the_place_of_a_lost_one_gets_its_number(stack: ExitStack) -> None:
    trio = Trio(3, stack)
    members = [trio.add() for _ in range(3)]
    trio.join(*members)
    members[1].forget_host()  # its signs of life end
    cause = trio.all(
        [lambda: members[0].agree(_report(1, 0), 0), lambda: members[2].agree(_report(1, 2), 0)]
    )[0]
    assert cause.absent == [socket.gethostname()]
    late = trio.add()
    found = trio.all(
        [
            lambda: members[0].join(1, "c", "/r"),
            lambda: members[2].join(1, "c", "/r"),
            lambda: late.join(0, "", None),
        ]
    )
    assert [each.rendezvous.next_rendezvous().rank for each in found] == [0, 2, 1]
    assert [(each.number, each.cause, each.prefix) for each in found] == [(1, "c", "/r")] * 3


def test_host_that_is_new_learns_the_attempt_from_the_others(stack: ExitStack) -> None:
    trio = Trio(2, stack)
    host, other = trio.add(), trio.add()
    other._may_host = False
    found = trio.all([lambda: host.join(0, "", None), lambda: other.join(2, "it was killed", "/r")])
    assert [(each.number, each.cause, each.prefix) for each in found] == [(2, "it was killed", "/r")] * 2


def test_machine_that_has_lost_the_connection_takes_part_again(stack: ExitStack) -> None:
    trio = Trio(2, stack)
    host, other = trio.add(), trio.add()
    trio.join(host, other)
    other.forget_host()
    found = trio.all(
        [
            lambda: (host.agree(_report(1, 0), 0), host.join(1, "c", None)),
            lambda: other.join(1, "c", None),
        ]
    )
    assert found[0][0].absent
    assert found[1].number == 1


def test_guest_is_told_that_the_host_is_gone(stack: ExitStack) -> None:
    trio = Trio(2, stack)
    host, other = trio.add(), trio.add()
    trio.join(host, other)
    host.forget_host()
    deadline = time.monotonic() + 20
    while other.lost is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with pytest.raises(HostLostError):
        other.agree(_report(1, 1), 0)


@pytest.mark.parametrize("changes", [{"restarts": 1}, {"machines": 3}])
def test_machine_with_other_flags_is_refused(stack: ExitStack, changes: dict[str, int]) -> None:
    trio = Trio(2, stack)
    host = trio.add()
    thread = threading.Thread(target=lambda: host.join(0, "", None), daemon=True)
    thread.start()
    time.sleep(0.5)
    asked = dataclasses.replace(Request(1, 2, trio.place, restarts=2), **changes)
    other = stack.enter_context(Machines(asked))
    with pytest.raises(UsageError, match="give the same on each machine") as raised:
        other.join(0, "", None)
    [(name, value)] = changes.items()
    assert f"-{name} {value} on machine " in str(raised.value)
    trio.add().join(0, "", None)
    thread.join(20)
    assert not thread.is_alive()


def test_machine_too_many_is_refused(stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    trio = Trio(2, stack)
    trio.join(trio.add(), trio.add())
    with pytest.raises(UsageError, match="another launch has its 2 machines there; give another port"):
        trio.add().join(0, "", None)
    monkeypatch.setattr(Member, "is_here", property(lambda self: False))  # they may be off
    with pytest.raises(UsageError, match="another launch has its 2 machines there; give another port"):
        trio.add().join(0, "", None)


def test_machine_that_is_there_again_tells_that_its_launch_has_ended(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "SILENT", 1000.0)
    trio = Trio(2, stack)
    host, other = trio.add(), trio.add()
    other._me = dataclasses.replace(other._me, pid=GONE)
    trio.join(host, other)
    late = trio.add()
    found = trio.all(
        [lambda: (host.agree(_report(75, 0), 0), host.join(1, "c", None)), lambda: late.join(0, "", None)]
    )
    assert found[1].number == 1


@pytest.mark.parametrize("leaver", [0, 1])
def test_machine_that_is_interrupted_ends_the_run_of_all(stack: ExitStack, leaver: int) -> None:
    trio = Trio(2, stack)
    members = [trio.add(), trio.add()]
    trio.join(*members)

    def leave() -> None:
        with suppress(KeyboardInterrupt), members[leaver]:
            raise KeyboardInterrupt

    def stay() -> str:
        member = members[1 - leaver]
        try:
            verdict = member.agree(_report(1, 1 - leaver), 0)
        except RunEndedError as error:
            return f"{error.exit_code} {error}"
        return f"{verdict.code} {verdict.text}"

    said = trio.all([stay, leave])[0]
    assert said == f"130 stopped by Ctrl-C on machine {socket.gethostname()}"


def test_host_that_gives_up_tells_those_who_wait(stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "MEETING_TIME", 1.5)
    trio = Trio(3, stack)
    host, other = trio.add(), trio.add()

    def join() -> str:
        with pytest.raises(UsageError) as raised, host:
            host.join(0, "", None)
        return str(raised.value)

    def wait() -> str:
        with pytest.raises(RunEndedError) as raised:
            other.join(0, "", None)
        return str(raised.value)

    mine, others = trio.all([join, wait])
    assert "fewer than 3 machines came within 0 minutes; run the same command on each of them" in mine
    assert others == f"machine {socket.gethostname()}: {mine}"


def test_place_that_something_else_uses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_ANSWER", 0.5)
    with socket.socket() as strange:
        strange.bind(("127.0.0.1", 0))
        strange.listen()
        place = f"127.0.0.1:{strange.getsockname()[1]}"
        with pytest.raises(UsageError, match="something else than a launch of Layerzoo listens there"):
            Machines(Request(1, 2, place)).join(0, "", None)


def test_place_that_cannot_be_reached_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "MEETING_TIME", 0.3)
    with pytest.raises(UsageError, match=r"it can't be reached from here \(Connection refused\)"):
        Machines(Request(1, 2, free_place(), is_host=False)).join(0, "", None)
    with pytest.raises(UsageError, match=r"unknown host .nowhere\.invalid."):
        Machines(Request(1, 2, "nowhere.invalid:1")).join(0, "", None)
