"""Sequential reading of a database's values, with random access by a new iteration."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from layerzoo.reader.protocol import Part


class Cursor:
    """A place in a database; reading the next value is cheap, any other starts an iteration.

    Args:
        values: iterates over the values from an index on; each is used before the next is asked for.
        longest_step: records up to which going on costs less than a new iteration.
    """

    def __init__(self, values: Callable[[int], Iterator[Part]], longest_step: int) -> None:
        self._values, self._longest_step = values, longest_step
        self._ahead: Iterator[Part] | None = None
        self._next = 0
        self._kept: Part | None = None

    def read(self, index: int) -> Part | None:
        """The value with an index, valid until the next call; None if the database ends before it."""
        kept, self._kept = self._kept, None
        if kept is not None and index == self._next - 1:
            return kept
        ahead, self._ahead = self._ahead, None  # if reading raises, the next one starts anew
        if ahead is None or index != self._next:
            if ahead is None or not 0 <= index - self._next <= self._longest_step:
                ahead, self._next = self._values(index), index
            for _ in range(index - self._next):
                next(ahead, None)
        value = next(ahead, None)
        if value is not None:
            self._ahead, self._next = ahead, index + 1
        return value

    def keep(self, value: Part) -> None:
        """Give the last value to the next call, too, if that asks for it."""
        self._kept = value
