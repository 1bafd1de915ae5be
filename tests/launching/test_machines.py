"""How the machines of a launch begin an attempt together, and agree on what follows."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack, suppress

import pytest

from layerzoo.launching import Request
from layerzoo.launching.machines import Machines
from layerzoo.launching.member import RunEndedError
from layerzoo.launching.store import HostLostError
from layerzoo.launching.verdict import Verdict
from tests.launching.meeting import Trio, report_of

pytestmark = pytest.mark.usefixtures("soon")


def test_single_machine_has_met(stack: ExitStack) -> None:
    alone = stack.enter_context(Machines(Request(2)))
    attempt = alone.join(0, "", None)
    assert (attempt.number, len(attempt.members)) == (0, 1)
    info = attempt.rendezvous.next_rendezvous()
    assert (info.rank, info.world_size) == (0, 1)
    assert alone.agree(report_of(0, 0), 0) == Verdict(0)
    assert alone.lost is None
    assert not alone.failed


def test_machines_keep_their_numbers_in_the_next_attempt(stack: ExitStack) -> None:
    trio = Trio(3, stack)
    members = [trio.add() for _ in range(3)]
    first = trio.join(*members)
    order = [each.key for each in first[0].members]
    assert sorted(each.rendezvous.next_rendezvous().rank for each in first) == [0, 1, 2]
    verdicts = trio.all(
        [
            lambda n=n, each=each: each.agree(report_of(-9 if n == 1 else 1, n), 0)
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


def test_machine_that_has_lost_the_connection_takes_part_again(stack: ExitStack) -> None:
    trio = Trio(2, stack)
    host, other = trio.add(), trio.add()
    trio.join(host, other)
    other.forget_host()
    found = trio.all(
        [
            lambda: (host.agree(report_of(1, 0), 0), host.join(1, "c", None)),
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
        other.agree(report_of(1, 1), 0)


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
            verdict = member.agree(report_of(1, 1 - leaver), 0)
        except RunEndedError as error:
            return f"{error.exit_code} {error}"
        return f"{verdict.code} {verdict.text}"

    said = trio.all([stay, leave])[0]
    assert said == f"130 stopped by Ctrl-C on machine {socket.gethostname()}"
