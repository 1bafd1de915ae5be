"""What every store answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Final

from layerzoo.errors import ZooError

CHUNK: Final = 1 << 17


class StoreFault(ZooError):  # noqa: N818 (a fault may become part of an error)
    """A store did not give, or take, what it was asked.

    Attributes:
        absent: there is no such file.
        passing: it may work the next time.
    """

    def __init__(self, message: str, *, absent: bool = False, passing: bool = False) -> None:
        super().__init__(message)
        self.absent, self.passing = absent, passing


def pieces_of(file: IO[bytes], where: str) -> Iterator[bytes]:
    """What is left of an open file, in pieces.

    Raises:
        StoreFault: reading fails.
    """
    try:
        while piece := file.read(CHUNK):
            yield piece
    except Exception as error:  # each of fsspec's protocols has its own
        raise StoreFault(f"{where}: {error}", passing=True) from error


class Store(ABC):
    """Files by path.

    Attributes:
        url: what the user calls it.
    """

    url: str

    @abstractmethod
    def open(self, path: str, offset: int = 0) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes of a file from ``offset`` on, in pieces; a store that can't skip gives them all the same.

        Raises:
            StoreFault: it isn't there, or the store doesn't answer.
        """

    def write(self, path: str, source: Path) -> None:
        """Put a file there, wholly or not at all.

        Raises:
            StoreFault: it can't be written.
        """
        raise StoreFault(f"{self.url} can be read, not written to")

    def small(self, path: str, limit: int) -> bytes:
        """A file of at most ``limit`` bytes.

        Raises:
            StoreFault: it isn't there, or is larger.
        """
        data = bytearray()
        with self.open(path) as pieces:
            for piece in pieces:
                data += piece
                if len(data) > limit:
                    raise StoreFault(f"{self.url}: '{path}' has more than the {limit:,} bytes it may have")
        return bytes(data)

    def optional(self, path: str, limit: int) -> bytes | None:
        """As `small`; None where there is no such file."""
        try:
            return self.small(path, limit)
        except StoreFault as fault:
            if not fault.absent:
                raise
        return None

    def exclusively(self) -> AbstractContextManager[object]:
        """Keeps other writers out, where the store can."""
        return nullcontext()
