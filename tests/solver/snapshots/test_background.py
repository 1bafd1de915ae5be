"""Jobs in a background thread: order, what follows them, errors, a limited wait, a fork."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import pytest

from layerzoo.solver.snapshots.background import BackgroundWriter


class Jobs:
    """Jobs that wait until they are let go, and note where they and what follows ran."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.seen: list[tuple[str, str]] = []

    def job(self, name: str) -> Callable[[], Callable[[], None]]:
        def run() -> Callable[[], None]:
            assert self.go.wait(60)
            self.note(name)
            return lambda: self.note(f"after {name}")

        return run

    def note(self, what: str) -> None:
        self.seen.append((what, threading.current_thread().name))


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


def test_begin_runs_jobs_in_order_and_settle_what_follows_in_its_own_thread(jobs: Jobs) -> None:
    writer, here = BackgroundWriter(), threading.current_thread().name
    assert not writer.busy
    for name in "abc":
        writer.begin(jobs.job(name))
    writer.settle()
    assert jobs.seen == [], "nothing has ended, and nothing is waited for"
    assert writer.busy
    jobs.go.set()
    writer.settle(wait=True)
    thread = "layerzoo-snapshots"
    assert jobs.seen == [("a", thread), ("b", thread), ("c", thread)] + [
        (f"after {name}", here) for name in "abc"
    ]
    assert not writer.busy
    writer.begin(jobs.job("d"))
    writer.settle(wait=True)
    assert jobs.seen[-1] == ("after d", here)


def test_run_waits_for_the_jobs_before_it(jobs: Jobs) -> None:
    writer, here = BackgroundWriter(), threading.current_thread().name
    writer.begin(jobs.job("a"))
    jobs.go.set()
    writer.run(jobs.job("b"))
    assert [what for what, _ in jobs.seen] == ["a", "after a", "b", "after b"]
    assert jobs.seen[2] == ("b", here)


def test_settle_raises_the_error_of_a_job_and_goes_on_after_it(jobs: Jobs) -> None:
    writer = BackgroundWriter()

    def fail() -> Callable[[], None]:
        raise ZeroDivisionError("of a job")

    writer.begin(fail)
    writer.begin(jobs.job("b"))
    jobs.go.set()
    with pytest.raises(ZeroDivisionError, match="of a job"):
        writer.settle(wait=True)
    writer.settle(wait=True)
    assert [what for what, _ in jobs.seen] == ["b", "after b"]


def test_settle_waits_no_longer_than_it_is_told(jobs: Jobs) -> None:
    writer = BackgroundWriter()
    writer.begin(jobs.job("a"))
    writer.settle(wait=True, seconds=0.05)
    assert jobs.seen == []
    jobs.go.set()
    writer.settle(wait=True)
    assert [what for what, _ in jobs.seen] == ["a", "after a"]


def test_begin_in_a_forked_process_leaves_the_jobs_to_its_parent(jobs: Jobs) -> None:
    writer = BackgroundWriter()
    writer.begin(jobs.job("a"))
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(30)
            own = Jobs()
            own.go.set()
            writer.settle(wait=True)
            writer.begin(own.job("b"))
            writer.settle(wait=True)
        finally:
            os._exit([what for what, _ in own.seen] != ["b", "after b"])
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    jobs.go.set()
    writer.settle(wait=True)
    assert [what for what, _ in jobs.seen] == ["a", "after a"]
