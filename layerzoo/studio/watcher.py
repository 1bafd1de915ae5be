"""Looks for changes of runs and jobs, and starts what waits in the queue."""

from __future__ import annotations

import logging
import threading
from typing import Final

from layerzoo.studio.events import Events
from layerzoo.studio.index import Index
from layerzoo.studio.jobs import Queue

log = logging.getLogger("layerzoo.studio")

_STEP_S: Final = 1.0


class Watcher:
    """A thread that refreshes the index and the queue, and tells open pages.

    Args:
        index: runs.
        queue: jobs.
        events: where changes are told.
    """

    def __init__(self, index: Index, queue: Queue, events: Events) -> None:
        self._index, self._queue, self._events = index, queue, events
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for its end."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                jobs = self._queue.tick()
                runs = self._index.refresh(self._stop.is_set)
                self._events.publish(runs, jobs)
            except Exception:  # the next look may succeed: a disk can be full for a while
                log.exception("The folders could not be looked through")
            self._stop.wait(_STEP_S)
