"""Threads that read, and those that fork."""

from __future__ import annotations

import threading

from layerzoo.data.fork_gate import ForkGate

DEADLINE = 50.0


def test_forking_waits_for_readers_and_holds_back_new_ones() -> None:
    gate, events = ForkGate(), []
    inside, leave, forks = threading.Event(), threading.Event(), threading.Event()

    def read() -> None:
        with gate.reading():
            inside.set()
            leave.wait(DEADLINE)
            events.append("read")

    def fork() -> None:
        forks.set()
        with gate.forking():
            events.append("forked")

    def read_later() -> None:
        with gate.reading():
            events.append("read later")

    first = threading.Thread(target=read)
    first.start()
    assert inside.wait(DEADLINE)
    second = threading.Thread(target=fork)
    second.start()
    assert forks.wait(DEADLINE)
    while not gate._forking:  # it waits for the reader
        pass
    third = threading.Thread(target=read_later)
    third.start()
    assert events == []
    leave.set()
    for thread in (first, second, third):
        thread.join(DEADLINE)
    assert events == ["read", "forked", "read later"]


def test_readers_do_not_wait_for_each_other() -> None:
    gate = ForkGate()
    together = threading.Barrier(3, timeout=DEADLINE)

    def read() -> None:
        with gate.reading():
            together.wait()

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert not together.broken


def test_an_error_in_a_block_opens_the_gate() -> None:
    gate = ForkGate()
    for block in (gate.reading, gate.forking):
        try:
            with block():
                raise ValueError
        except ValueError:
            pass
    passed = []

    def use() -> None:
        with gate.reading():
            passed.append("read")
        with gate.forking():
            passed.append("fork")

    other = threading.Thread(target=use, daemon=True)
    other.start()
    other.join(DEADLINE)
    assert passed == ["read", "fork"]
