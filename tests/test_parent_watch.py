"""A process ends with the one that started it."""

from __future__ import annotations

import os
import signal

import pytest

from layerzoo import parent_watch


def test_process_without_its_parent_is_terminated(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[int, int]] = []
    parents = iter([7, 7, 1])
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    monkeypatch.setattr(os, "kill", lambda *call: sent.append(call))
    monkeypatch.setattr(parent_watch, "_POLL", 0)
    parent_watch.stop_without(7)
    assert sent == [(os.getpid(), signal.SIGTERM)]
    assert next(parents, None) is None
