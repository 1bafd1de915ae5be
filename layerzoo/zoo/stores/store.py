"""The interface of stores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final, Protocol

from layerzoo.errors import ZooError

CHUNK: Final = 1 << 17


class StoreFault(ZooError):  # noqa: N818 (a fault may become part of an error)
    """A request to a store failed.

    Attributes:
        absent: the file is missing.
        passing: the failure may be temporary, so a retry makes sense.
        beyond: the file ends before the place from which it was requested.
    """

    def __init__(
        self, message: str, *, absent: bool = False, passing: bool = False, beyond: bool = False
    ) -> None:
        super().__init__(message)
        self.absent, self.passing, self.beyond = absent, passing, beyond


class Readable(Protocol):
    """A file that is open for reading."""

    def read(self, count: int, /) -> bytes:
        """Read at most ``count`` bytes; empty at the end."""


def pieces_of(file: Readable, where: str) -> Iterator[bytes]:
    """Read the rest of an open file in chunks.

    Raises:
        StoreFault: reading failed.
    """
    try:
        while piece := file.read(CHUNK):
            yield piece
    except Exception as error:  # exceptions depend on the protocol of fsspec
        raise StoreFault(f"{where}: {error}", passing=True) from error


class Store(ABC):
    """A store of files by path.

    Attributes:
        url: URL or path as given by the user.
    """

    url: str

    @abstractmethod
    def open(self, path: str, offset: int = 0) -> AbstractContextManager[Iterator[bytes]]:
        """Open a file for reading in chunks, from ``offset`` on.

        Raises:
            StoreFault: the file is missing, or the store doesn't respond.
        """

    def write(self, path: str, source: Path) -> None:
        """Write a file atomically.

        Raises:
            StoreFault: the file can't be written, or the store is read-only.
        """
        raise StoreFault(f"{self.url} is read-only")

    def small(self, path: str, limit: int) -> bytes:
        """Read a file of at most ``limit`` bytes.

        Raises:
            StoreFault: the file is missing or larger.
        """
        data = bytearray()
        with self.open(path) as pieces:
            for piece in pieces:
                data += piece
                if len(data) > limit:
                    raise StoreFault(f"{self.url}: '{path}' is larger than the limit of {limit:,} bytes")
        return bytes(data)

    def optional(self, path: str, limit: int) -> bytes | None:
        """Like `small`, but None if the file is missing."""
        try:
            return self.small(path, limit)
        except StoreFault as fault:
            if not fault.absent:
                raise
        return None

    def exclusively(self) -> AbstractContextManager[object]:
        """Lock the store against other writers, if it supports that.

        Raises:
            StoreFault: on entering, if another writer doesn't end, or the store can't be written to.
        """
        return nullcontext()
