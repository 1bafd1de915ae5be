"""The host numbers the machines, and refuses some."""

from __future__ import annotations

import dataclasses
import socket
import threading
import time
from contextlib import ExitStack

import pytest

from layerzoo.errors import UsageError
from layerzoo.launching import Request, machines
from layerzoo.launching.machines import Machines
from layerzoo.launching.member import RunEndedError
from tests.launching.meeting import Trio, report_of

pytestmark = pytest.mark.usefixtures("soon")


def test_machine_that_takes_the_place_of_a_lost_one_gets_its_number(stack: ExitStack) -> None:
    trio = Trio(3, stack)
    members = [trio.add() for _ in range(3)]
    first = [each.rendezvous.next_rendezvous().rank for each in trio.join(*members)]
    members[1].forget_host()  # its signs of life end
    cause = trio.all(
        [lambda: members[0].agree(report_of(1, 0), 0), lambda: members[2].agree(report_of(1, 2), 0)]
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
    assert [each.rendezvous.next_rendezvous().rank for each in found] == [0, first[2], first[1]]
    assert [(each.number, each.cause, each.prefix) for each in found] == [(1, "c", "/r")] * 3


def test_host_that_is_new_learns_the_attempt_from_the_others(stack: ExitStack) -> None:
    trio = Trio(2, stack)
    host, other = trio.add(), trio.add()
    other._may_host = False
    found = trio.all([lambda: host.join(0, "", None), lambda: other.join(2, "it was killed", "/r")])
    assert [(each.number, each.cause, each.prefix) for each in found] == [(2, "it was killed", "/r")] * 2


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
