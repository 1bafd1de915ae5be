"""An open HDF5 file: its name, its limits, and the caller's error for what h5py raises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import h5py

from layerzoo.errors import LayerzooError

MAX_COMPRESSION: Final = 1100
"""The highest ratio that deflate reaches; a file that declares more is malicious."""
MAX_OBJECTS: Final = 200_000
"""The most groups and datasets that are opened in a file."""


@contextmanager
def reading(what: str | Path, error: type[LayerzooError]) -> Iterator[None]:
    """Convert whatever h5py raises in the block into the caller's error; ``what`` names the file."""
    try:
        yield
    except LayerzooError:
        raise
    except Exception as cause:  # damaged files lead to many kinds, OverflowError and MemoryError among them
        raise error(f"{what}: HDF5 can't be read: {str(cause) or type(cause).__name__:.300}") from cause


class OpenFile:
    """What the groups and datasets of an open file share: its name and what is left of its limits."""

    def __init__(self, path: str, error: type[LayerzooError], size: int) -> None:
        self.path, self.error, self.size = path, error, size
        self._objects = 0
        self._declared = 0
        self._groups: set[int] = set()

    def reading(self, name: str) -> AbstractContextManager[None]:
        """Convert what h5py raises in the block into the caller's error; ``name`` is the object's."""
        return reading(f"{self.path}: '{name}'", self.error)

    def refused(self, name: str, why: str) -> LayerzooError:
        """The caller's error for an object of the file."""
        return self.error(f"{self.path}: '{name}' {why}")

    def count_object(self) -> None:
        """Count an object that is opened."""
        self._objects += 1
        if self._objects > MAX_OBJECTS:
            raise self.error(f"{self.path}: more than {MAX_OBJECTS:,} groups and datasets")

    def enter(self, group: h5py.Group, name: str) -> None:
        """Count a group; a group that is reached twice may contain itself."""
        with self.reading(name):
            address = int(h5py.h5o.get_info(group.id).addr)
        if address in self._groups:
            raise self.refused(name, "is a group that is linked twice; groups must form a tree")
        self._groups.add(address)

    def declare(self, count: int, name: str) -> None:
        """Count the bytes of a dataset's values; several datasets can share the same stored bytes."""
        self._declared += count
        if self._declared > max(self.size, 1) * MAX_COMPRESSION:
            raise self.refused(
                name, f"and those before declare {self._declared:,} bytes; the file has {self.size:,}"
            )
