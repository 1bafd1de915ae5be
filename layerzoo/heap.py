"""How the C library's heap of a process treats freed memory.

torch asks the C library for each tensor on the CPU, and frees it. glibc gives large blocks, and the free end
of the heap, back to the system. The next pass asks for the same blocks, and the system fills each of their
pages with zeros when it is touched: up to a third of an iteration of a small convolutional net.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Final

KEPT: Final = 1 << 30
"""Bytes: blocks up to this size come from the heap, whose end is kept up to it."""
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
"""Numbers of glibc's ``mallopt``, from its malloc.h."""
_OF_GLIBC: Final = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")
"""Environment variables by which a user sets the same."""


def keep_freed_memory() -> bool:
    """Let the heap keep freed memory for the next pass, unless the environment says what it does.

    It holds for the rest of the process: call it in one that belongs to Layerzoo, such as the command line's.

    Returns:
        Whether it was done; other C libraries than glibc have no such setting.
    """
    if not sys.platform.startswith("linux") or any(name in os.environ for name in _OF_GLIBC):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(mallopt(what, KEPT) for what in (_TRIM_THRESHOLD, _MMAP_THRESHOLD))
