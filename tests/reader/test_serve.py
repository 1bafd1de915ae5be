"""The loop of a reader process, run in this one."""

from __future__ import annotations

import mmap
import os
import resource
import socket
import struct
import time
from collections.abc import Iterator
from importlib import import_module
from typing import NamedTuple

import pytest

from layerzoo.reader import serve
from layerzoo.reader.protocol import Channel
from layerzoo.reader.serve import SERVICES, Progress, Service


class Parts(NamedTuple):
    progress: Progress
    items: mmap.mmap
    parent: Channel


@pytest.fixture
def parts() -> Iterator[Parts]:
    ours, theirs = socket.socketpair()
    limits = resource.getrlimit(resource.RLIMIT_CPU)
    with ours, theirs, mmap.mmap(-1, 8) as items:
        yield Parts(Progress(Channel(theirs), items, 30), items, Channel(ours))
    resource.setrlimit(resource.RLIMIT_CPU, limits)


def test_services_exist() -> None:
    for module, name in SERVICES.values():
        service = getattr(import_module(module), name)
        assert issubclass(service, Service)
        assert service.calls
        assert all(callable(getattr(service, call)) and not call.startswith("_") for call in service.calls)


def test_item_is_written_for_the_parent(parts: Parts) -> None:
    parts.progress.item(70_000)
    assert struct.unpack("<q", parts.items[:8]) == (70_000,)


def test_start_limits_the_processor_time_of_a_call(parts: Parts) -> None:
    parts.progress.start()
    soft, _ = resource.getrlimit(resource.RLIMIT_CPU)
    assert 29 <= soft - time.process_time() <= 32


def test_goes_on_reports_now_and_then(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    parts.progress.start()
    for _ in range(100):
        parts.progress.goes_on()
    with pytest.raises(TimeoutError):
        parts.parent.receive(0, time.monotonic() + 0.05)
    monkeypatch.setattr(serve, "_REPORT_EVERY", 0.0)
    parts.progress.goes_on()
    assert parts.parent.receive(0, time.monotonic() + 10).head == {"goes on": True}


def test_asked_ends_with_the_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "_LOOK_EVERY", 0.01)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.send(b"x")
        assert serve._asked(theirs, os.getppid())
        assert not serve._asked(theirs, 1 << 22)
