"""What machines say of themselves."""

from __future__ import annotations

import os
import socket
from dataclasses import replace

import pytest

from layerzoo.launching import Request
from layerzoo.launching.member import Member, RunEndedError
from layerzoo.version import __version__


def test_member_says_where_it_is() -> None:
    member = Member.of_this_machine(Request(1, 3, "h:1", restarts=2))
    assert (member.machine, member.pid, member.machines, member.restarts) == (
        socket.gethostname(),
        os.getpid(),
        3,
        2,
    )
    assert member.is_here
    assert not member.has_ended
    assert replace(member, pid=1 << 22).has_ended
    assert not replace(member, pid=1 << 22, pids="of another machine").has_ended
    assert member.key != Member.of_this_machine(Request(1)).key


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"machines": 2}, "-machines 2 on machine b, but -machines 3 on machine a"),
        ({"restarts": 0}, "-restarts 0 on machine b, but -restarts 2 on machine a"),
        ({"version": "0.1"}, f"Layerzoo 0.1 on machine b, but Layerzoo {__version__} on machine a"),
        ({"attempt": 4, "pid": 1}, ""),
    ],
)
def test_difference_names_both_machines(changes: dict[str, object], text: str) -> None:
    one = replace(Member.of_this_machine(Request(1, 3, "h:1", restarts=2)), machine="a")
    assert one.difference(replace(one, machine="b", **changes)) == text  # type: ignore[arg-type]


def test_run_ended_has_the_exit_code_of_the_run() -> None:
    assert RunEndedError("stopped", 75).exit_code == 75
