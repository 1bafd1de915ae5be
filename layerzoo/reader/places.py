"""Memory that a reader shares with its parent: the number of the item in progress, and places for answers.

A reader writes values of records into a place, so that they cross no socket; the parent uses them where they
are. On systems without files in memory there are no places, and all answers cross the socket.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import tempfile
from typing import Final

SIZE: Final = 1 << 24
"""Bytes of a place."""
_COUNT: Final = 4
"""Places of a reader: one in use, one that is read ahead, one that is being filled, and a spare one."""
_FIRST: Final = mmap.PAGESIZE
ITEM: Final = struct.Struct("<q")
"""The number of the item in progress, with which the memory begins."""


def shared_file() -> int:
    """A new file in memory for all of it; returns its descriptor.

    Only touched pages take memory. It can't be cut: a parent that reads what was cut off would die.
    """
    if not hasattr(os, "memfd_create"):
        with tempfile.TemporaryFile() as file:
            os.ftruncate(file.fileno(), _FIRST)
            return os.dup(file.fileno())
    descriptor = os.memfd_create("layerzoo-reader", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, _FIRST + _COUNT * SIZE)
    seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return descriptor


def count(memory: mmap.mmap) -> int:
    """The number of places."""
    return max(0, len(memory) - _FIRST) // SIZE


def start(number: int) -> int:
    """Where a place begins in the memory."""
    return _FIRST + number * SIZE


def place(memory: mmap.mmap, number: int) -> memoryview:
    """A place to write to."""
    return memoryview(memory)[start(number) : start(number) + SIZE]


def item(memory: mmap.mmap) -> int:
    """The item in progress."""
    number: int = ITEM.unpack_from(memory)[0]
    return number
