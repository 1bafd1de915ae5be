"""Sequential reading of a database's values, with random access by iterating over the keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator


class Cursor:
    """A place in a database; reading the next value is cheap, any other starts an iteration.

    Args:
        values: iterates over the values from an index on.
    """

    def __init__(self, values: Callable[[int], Iterator[bytes]]) -> None:
        self._values = values
        self._ahead: Iterator[bytes] | None = None
        self._next = 0

    def read(self, index: int) -> bytes | None:
        """The value with an index; None if the database ends before it."""
        ahead, self._ahead = self._ahead, None  # if reading raises, the next one starts anew
        if ahead is None or index < self._next:
            ahead, self._next = self._values(index), index
        for _ in range(index - self._next):
            next(ahead, None)
        value = next(ahead, None)
        if value is not None:
            self._ahead, self._next = ahead, index + 1
        return value
