"""Offsets as browsers count them, in UTF-16 units."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate


class Units:
    """Converts offsets of a text from characters to UTF-16 units and back.

    >>> Units("a😀b").at(2), Units("a😀b").offset(3)
    (3, 2)
    """

    def __init__(self, text: str) -> None:
        self._length = len(text)
        self._units: list[int] = []
        if any(char > "\uffff" for char in text):
            self._units = [0, *accumulate(1 + (char > "\uffff") for char in text)]

    def at(self, offset: int) -> int:
        """The number of units before a character."""
        offset = max(0, min(offset, self._length))
        return self._units[offset] if self._units else offset

    def offset(self, units: int) -> int:
        """The number of characters before a unit."""
        if not self._units:
            return max(0, min(units, self._length))
        return min(bisect_left(self._units, units), self._length)
