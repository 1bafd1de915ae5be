"""The store of a launch: where it is, and what it does when it is gone."""

from __future__ import annotations

import socket
import time

import pytest

from layerzoo.errors import UsageError
from layerzoo.launching import Request, machines, store
from layerzoo.launching.machines import Machines
from layerzoo.launching.store import interruptible, open_store
from tests.launching.launches import free_place


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


def test_values_and_counters_are_seen_by_all() -> None:
    asked = Request(1, 2, free_place())
    host = open_store(asked, True, 1)
    other = open_store(asked, True, 1)
    assert (host.is_host, other.is_host) == (True, False)
    assert other.launch == host.launch
    host.set("a", {"b": [1, None]})
    assert other.get("a") == {"b": [1, None]}
    assert other.get("none") is None
    assert (other.add("n"), host.add("n", 3), other.add("n", 0)) == (1, 4, 4)
    part = other.part("round 0")
    part.set("a", "own")
    assert host.get("a") == {"b": [1, None]}


def test_call_that_blocks_ends_at_its_limit() -> None:
    with pytest.raises(TimeoutError, match="no answer"):
        interruptible(lambda: time.sleep(5), 0.1)
    assert interruptible(lambda: 7, 5) == 7
    with pytest.raises(ZeroDivisionError):
        interruptible(lambda: 1 / 0)
