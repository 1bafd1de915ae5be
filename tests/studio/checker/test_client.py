"""The studio's side of the processes that look at texts."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from layerzoo.errors import LayerzooError, UsageError
from layerzoo.studio.checker.client import Worker


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker("quick")
    yield made
    made.close()


def test_it_starts_when_it_is_asked_and_again_after_its_end(worker: Worker) -> None:
    assert worker.pid is None
    assert "kernel_size" in worker.ask("explain", name="Convolution")
    first = worker.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    while worker.pid is not None:
        pass
    assert worker.ask("format", text="layer{}", path="a.prototxt") == "layer {}\n"
    assert worker.pid not in (None, first)


def test_mistakes_are_errors_with_their_texts(worker: Worker) -> None:
    with pytest.raises(UsageError, match="Convolution"):
        worker.ask("explain", name="Convoluton")
    with pytest.raises(UsageError, match="KeyError"):
        worker.ask("unknown")


def test_who_waits_for_a_process_that_ends_is_told(worker: Worker) -> None:
    worker.ask("explain", name="ReLU")
    pid = worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(worker.ask, "explain", name="ReLU")
        while not worker._waiting:
            pass
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(LayerzooError, match="has ended"):
            asked.result(30)


def test_a_process_that_hangs_is_ended(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerzoo.studio.checker.client._START_S", 0.1)
    with pytest.raises(LayerzooError, match="no answer within 0 seconds"):
        worker.ask("explain", seconds=0.0, name="ReLU")
    assert worker.pid is None


def test_this_process_does_not_load_what_it_asks_for(worker: Worker) -> None:
    before = set(sys.modules)
    worker.ask("complete", text="", offset=0, path="a.prototxt")
    assert not {name for name in set(sys.modules) - before if name.startswith("layerzoo.editor")}
