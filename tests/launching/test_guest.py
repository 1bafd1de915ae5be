"""A machine that comes when all have met."""

from __future__ import annotations

import dataclasses
from contextlib import ExitStack

import pytest

from layerzoo.errors import UsageError
from layerzoo.launching import pulse
from layerzoo.launching.member import Member
from tests.launching.meeting import Trio, report_of

pytestmark = pytest.mark.usefixtures("soon")


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
    other._me = dataclasses.replace(other._me, pid=1 << 22)
    trio.join(host, other)
    late = trio.add()
    found = trio.all(
        [lambda: (host.agree(report_of(75, 0), 0), host.join(1, "c", None)), lambda: late.join(0, "", None)]
    )
    assert found[1].number == 1
