"""Prefetching in a background thread."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Generic, NoReturn, TypeVar

T = TypeVar("T")

_LOOK_EVERY = 1.0
"""Seconds between checks that the thread is alive (after a fork it isn't)."""
_WAIT_AT_EXIT = 5.0
"""Seconds that interpreter exit waits for a batch in progress."""


class Prefetcher(Generic[T]):
    """Produces items k, k+1, … in a thread while item k-1 is in use.

    Requesting an item other than the next restarts the thread at that item. `get` raises the exceptions of
    ``produce``. The thread ends when this object is collected or closed, and at interpreter exit.

    Args:
        produce: returns the item of a number; called in one thread at a time.
        depth: maximum number of items ready in advance.
        cycle: item 0 follows item ``cycle - 1``; None for an endless sequence.
        step: items k, k + step, … are produced.
    """

    def __init__(
        self, produce: Callable[[int], T], depth: int, cycle: int | None = None, step: int = 1
    ) -> None:
        self._produce = produce
        self._depth = max(1, depth)
        self._cycle = cycle
        self._step = step
        self._next = 0
        self._worker: _Worker[T] | None = None
        self._finalizer: weakref.finalize[..., Prefetcher[T]] | None = None
        self._pid = os.getpid()

    def get(self, number: int) -> T:
        """Return the item of that number; blocks until it is ready."""
        worker = self._worker
        if worker is None or number != self._next or self._pid != os.getpid():
            worker = self._start(number)
        try:
            item = worker.take()
        except BaseException:
            self.close()
            raise
        self._next = following(self._cycle, self._step, number)
        return item

    def close(self) -> None:
        """End the thread after its current item; `get` starts a new one."""
        if self._worker is not None and self._pid == os.getpid():
            self._worker.stop()
            self._worker.join()
        self._worker = None
        if self._finalizer is not None:
            self._finalizer.detach()

    def _start(self, number: int) -> _Worker[T]:
        self.close()
        self._pid = os.getpid()
        self._worker = _Worker(
            self._produce, self._depth, partial(following, self._cycle, self._step), number
        )
        # the thread holds no reference to this object, which can be collected while the thread waits
        self._finalizer = weakref.finalize(self, self._worker.stop)
        self._finalizer.atexit = False
        self._worker.start()
        return self._worker


def following(cycle: int | None, step: int, number: int) -> int:
    """The number of the item after one: ``step`` further; after the last of a cycle its own first one."""
    after = number + step
    return after if cycle is None or after < cycle else number % step


class _Worker(threading.Thread, Generic[T]):
    def __init__(
        self, produce: Callable[[int], T], depth: int, after: Callable[[int], int], first: int
    ) -> None:
        super().__init__(name="layerzoo-prefetch", daemon=True)
        self._produce = produce
        self._depth = depth
        self._after = after
        self._first = first
        self._ready: deque[T] = deque()
        self._error: BaseException | None = None
        self._stopped = False
        self._changed = threading.Condition()
        self._pid = os.getpid()
        _LIVE.add(self)

    def run(self) -> None:
        number = self._first
        while not self._stopped:
            try:
                item = self._produce(number)
            except BaseException as error:
                with self._changed:
                    self._error = error
                    self._changed.notify_all()
                return
            with self._changed:
                self._ready.append(item)
                self._changed.notify_all()
                while len(self._ready) >= self._depth and not self._stopped:
                    self._changed.wait()
            number = self._after(number)

    def take(self) -> T:
        with self._changed:
            while not self._ready:
                if self._error is not None:
                    self._raise()
                if not self.is_alive():
                    raise RuntimeError("the prefetch thread has ended")
                self._changed.wait(_LOOK_EVERY)
            item = self._ready.popleft()
            self._changed.notify_all()
            return item

    def _raise(self) -> NoReturn:
        # the error's frames refer to the prefetcher: keeping the error would be a reference cycle
        error, self._error = self._error, None
        try:
            raise error or RuntimeError
        finally:
            del error

    def stop(self) -> None:
        if self._pid != os.getpid():
            return  # a forked child has no such thread, and its lock may be held for ever
        with self._changed:
            self._stopped = True
            self._ready.clear()
            self._changed.notify_all()


_LIVE: weakref.WeakSet[_Worker[Any]] = weakref.WeakSet()


@atexit.register
def end_all() -> None:
    """End all threads at exit: a daemon thread inside a C library can crash the interpreter at shutdown."""
    workers = [worker for worker in _LIVE if worker.is_alive()]
    for worker in workers:
        worker.stop()
    for worker in workers:
        worker.join(_WAIT_AT_EXIT)
