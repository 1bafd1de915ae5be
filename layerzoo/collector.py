"""Python's collector of cycles, kept still while many objects are made that all stay.

It runs after so many new objects, and then walks every object there is, all of torch's among them: a tenth of
a second, several times for a large net.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """No collection inside; usable as a decorator. Leaves the collector as it was."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
