"""Pause Python's cyclic garbage collector while many long-lived objects are created.

The collector runs after a number of new objects and then visits all objects, including torch's: a tenth of a
second, several times for a large net.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Disable the collector inside the block, then restore its state; also a decorator."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
