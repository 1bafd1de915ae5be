"""The zoo stays intact through power cuts, killed processes and concurrent use."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from layerzoo.zoo import Entry, LocalZoo, publish
from layerzoo.zoo.get import get
from layerzoo.zoo.push import push
from layerzoo.zoo.stores import open_store

FILES: dict[str, bytes | Path] = {"weights.bin": bytes(range(256)) * 1000, "net.txt": b"layer", "b.txt": b"b"}

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # the children only touch files

_TOUCHES_THE_DISK = ("open", "os.", "shutil.", "pathlib.")


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip fsync: data written by a killed process stays on disk, synced or not."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with ``small@1``."""
    theirs = LocalZoo(tmp_path / "theirs", shipped=None)
    push(publish("small", FILES, {}, theirs), open_store(str(tmp_path / "store")))
    return tmp_path / "store"


def forked(work: Callable[[], object], before: Callable[[], object] = lambda: None) -> int:
    """Run ``work`` in a child process and return its process id."""
    child = os.fork()
    if not child:
        try:
            before()
            work()
        finally:
            os._exit(0)
    return child


def killed_at_step(step: int, work: Callable[[], object]) -> bool:
    """Run ``work`` in a child process that is killed before disk access number ``step``, from 0.

    Returns whether it was killed; False if it finished first.
    """
    left = step

    def count(event: str, _: object) -> None:
        nonlocal left
        if event.startswith(_TOUCHES_THE_DISK) and event != "os.kill":
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    _, status = os.waitpid(forked(work, lambda: sys.addaudithook(count)), 0)
    return os.WIFSIGNALED(status)


def assert_whole(zoo: LocalZoo) -> list[Entry]:
    """Verify every listed entry."""
    entries = zoo.entries()
    for entry in entries:
        entry.verify()
        assert entry.files.keys() - {"README.md"} == FILES.keys()
    return entries


@pytest.mark.parametrize("what", ["get", "publish"])
def test_power_cut_at_any_step_leaves_the_zoo_intact(what: str, zoo: LocalZoo, store: Path) -> None:
    def work() -> Entry:
        if what == "get":
            return get("small", zoo, stores=[str(store)])
        return publish("small", FILES, {}, zoo)

    for step in range(1000):
        for entry in zoo.entries():
            zoo.remove(entry)
        zoo.prune()
        if not killed_at_step(step, work):
            break
        assert len(assert_whole(zoo)) <= 1
        again = work()
        again.verify()
        assert again in assert_whole(zoo)
    assert 30 < step < 999


@pytest.mark.parametrize("what", ["get", "publish"])
def test_kills_at_random_moments_leave_the_zoo_intact(what: str, zoo: LocalZoo, store: Path) -> None:
    """Kills 100 processes in all, each at a random moment of its run."""
    rng = random.Random(5)

    def work() -> Entry:
        if what == "get":
            return get("small", zoo, stores=[str(store)])
        return publish("small", FILES, {}, zoo)

    began = time.monotonic()
    os.waitpid(forked(work), 0)
    usual = time.monotonic() - began
    killed = 0
    for _ in range(500):
        for entry in zoo.entries():
            zoo.remove(entry)
        zoo.prune()
        child = forked(work)
        time.sleep(rng.uniform(0, usual))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        usual *= 1.02 if os.WIFSIGNALED(status) else 0.8  # the machine's speed changes meanwhile
        killed += os.WIFSIGNALED(status)
        before = len(assert_whole(zoo))
        assert before <= 1
        work().verify()
        assert len(assert_whole(zoo)) == (1 if what == "get" else before + 1)
        if killed == 50:
            break
    assert killed == 50


def test_concurrent_processes_get_and_publish_the_same_entry(zoo: LocalZoo, store: Path) -> None:
    def work() -> None:
        get("small@1", zoo, stores=[str(store)])
        publish("small", FILES, {}, zoo)

    for child in [forked(work) for _ in range(8)]:
        os.waitpid(child, 0)
    assert sorted(entry.version for entry in assert_whole(zoo)) == list(range(1, 10))
    assert not list(zoo.incomplete.rglob("small*"))
