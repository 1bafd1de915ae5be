"""The process of a trial ends with the tune."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from layerzoo.tune import trial_process


def test_words_reach_the_command_line() -> None:
    words = [sys.executable, "-m", "layerzoo.tune.trial_process", str(os.getpid()), "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("layerzoo ")


def test_process_without_its_parent_is_terminated(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[int, int]] = []
    parents = iter([7, 7, 1])
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    monkeypatch.setattr(os, "kill", lambda *call: sent.append(call))
    monkeypatch.setattr(trial_process, "_POLL", 0)
    trial_process.stop_without(7)
    assert sent == [(os.getpid(), signal.SIGTERM)]
    assert next(parents, None) is None
