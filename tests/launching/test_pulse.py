"""Signs of life, which are counted and not dated."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from layerzoo.launching import Request, pulse
from layerzoo.launching.pulse import Pulse
from layerzoo.launching.store import SharedStore, open_store
from tests.launching.launches import free_place


def _stores() -> tuple[SharedStore, SharedStore]:
    asked = Request(1, 2, free_place())
    return open_store(asked, True, 1), open_store(asked, True, 1)


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_machine_is_present_while_its_counter_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "SILENT", 2.0)
    monkeypatch.setattr(pulse, "_PRESENT", 1.5)
    host, guest = _stores()
    mine, other = Pulse(host, "host"), Pulse(guest, "guest")
    mine.watch("guest")
    mine.watch("nobody")
    assert not mine.is_present("guest")
    assert not mine.is_silent("guest")
    _wait_until(lambda: mine.is_present("guest"))
    other.end()
    _wait_until(lambda: not mine.is_present("guest"))
    _wait_until(lambda: mine.is_silent("guest"))
    assert mine.is_silent("nobody")
    mine.end()


def test_machine_that_falls_silent_while_processes_start_fails_the_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pulse, "SILENT", 1.0)
    host, _ = _stores()
    mine = Pulse(host, "host")
    mine.begin(0, ["gone"])
    _wait_until(lambda: mine.failed)
    mine.begin(1, ["gone"])
    mine.starting = False  # all train: a machine that is only suspended is not lost
    time.sleep(2)
    assert not mine.failed
    mine.end()
