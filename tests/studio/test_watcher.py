"""The thread that looks for changes."""

from __future__ import annotations

import threading

from layerzoo.studio.watcher import Watcher


class Parts:
    """Index, queue and events in one."""

    def __init__(self) -> None:
        self.told = threading.Event()
        self.changes: list[tuple[list[str], list[str]]] = []
        self.fails = True

    def tick(self) -> list[str]:
        if self.fails:
            self.fails = False
            raise OSError("full")
        return ["1"]

    def refresh(self, stopped: object) -> list[str]:
        return ["a"]

    def publish(self, runs: list[str], jobs: list[str]) -> None:
        self.changes.append((runs, jobs))
        self.told.set()


def test_changes_are_told_also_after_a_failure() -> None:
    parts = Parts()
    watcher = Watcher(parts, parts, parts)  # type: ignore[arg-type]
    watcher.start()
    assert parts.told.wait(30)
    watcher.stop()
    assert parts.changes[0] == (["a"], ["1"])
