"""Signals that a launch passes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from layerzoo.launching import relay as relay_module
from layerzoo.launching.relay import Relay

Sent = list[tuple[int, int]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """The signals sent to processes, and to groups as negative numbers."""
    found: Sent = []
    kill = os.kill
    monkeypatch.setattr(
        os,
        "kill",
        lambda pid, number: kill(pid, number) if pid == os.getpid() else found.append((pid, number)),
    )
    monkeypatch.setattr(os, "killpg", lambda pid, number: found.append((-pid, number)))
    return found


@pytest.fixture
def relay(sent: Sent) -> Iterator[Relay]:
    """A relay to two processes that train."""
    with Relay() as made:
        made.pids = lambda: [7, 8]
        made.training = lambda: True
        yield made


def test_first_ctrl_c_asks_all_processes_the_second_interrupts_and_the_third_kills(
    relay: Relay, sent: Sent
) -> None:
    assert not relay.stopping
    signal.raise_signal(signal.SIGINT)
    assert sent == [(7, signal.SIGINT), (8, signal.SIGINT)]
    assert relay.stopping
    signal.raise_signal(signal.SIGINT)
    assert sent[2:] == [(7, signal.SIGINT), (8, signal.SIGINT)]
    signal.raise_signal(signal.SIGINT)
    assert sent[4:] == [(-7, signal.SIGKILL), (-8, signal.SIGKILL)]


def test_processes_that_ignore_two_ctrl_c_are_killed_after_a_while(
    relay: Relay, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[float] = []

    class Timer:
        def __init__(self, seconds: float, call: object) -> None:
            started.append(seconds)
            self.start = call

    monkeypatch.setattr(relay_module.threading, "Timer", Timer)
    signal.raise_signal(signal.SIGINT)
    assert started == []
    signal.raise_signal(signal.SIGINT)
    assert started == [10.0]
    assert sent[4:] == [(-7, signal.SIGKILL), (-8, signal.SIGKILL)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGCONT])
def test_other_signals_reach_all_processes(relay: Relay, sent: Sent, number: signal.Signals) -> None:
    signal.raise_signal(number)
    assert sent == [(7, number), (8, number)]
    assert relay.terminated == relay.stopping == (number == signal.SIGTERM)


def test_ctrl_z_stops_the_processes_and_the_launch(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    found: Sent = []
    monkeypatch.setattr(os, "kill", lambda pid, number: found.append((pid, number)))
    signal.raise_signal(signal.SIGTSTP)
    assert found == [(7, signal.SIGSTOP), (8, signal.SIGSTOP), (os.getpid(), signal.SIGSTOP)]
    assert not relay.stopping


def test_processes_that_have_not_begun_are_ended_by_ctrl_c(relay: Relay, sent: Sent) -> None:
    relay.training = lambda: False
    signal.raise_signal(signal.SIGINT)
    assert sent == [(7, signal.SIGTERM), (8, signal.SIGTERM)]
    assert relay.interrupted
    assert not relay.terminated


def test_signals_before_any_process_runs_end_the_launch(relay: Relay) -> None:
    relay.pids = tuple
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    with pytest.raises(SystemExit) as left:
        signal.raise_signal(signal.SIGTERM)
    assert left.value.code == 75


def test_handlers_are_put_back(sent: Sent) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Relay():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_ended_processes_are_no_fault(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(pid: int, number: int) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(os, "killpg", gone)
    relay.kill()
    monkeypatch.setattr(os, "kill", gone)
    relay.send(signal.SIGTERM)
