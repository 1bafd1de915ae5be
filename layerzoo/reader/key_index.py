"""Where the records of a database are: the keys of every n-th one, in bounded memory."""

from __future__ import annotations

from array import array
from typing import Final

from layerzoo.reader.protocol import Part

MOST_BYTES: Final = 1 << 24
"""Bytes of an index: a key and 8 bytes for each record that it holds."""


class KeyIndex:
    """The keys of every ``step``-th record, in the order in which they are added.

    ``step`` is 1 as long as the keys of all records fit; then it doubles each time that they don't.

    Args:
        most_bytes: bytes that the keys and their places may take.

    Attributes:
        step: see above.
        count: records that were added.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.step, self.count = 1, 0
        self._most_bytes = most_bytes
        self._keys, self._ends = bytearray(), array("Q")

    @property
    def nbytes(self) -> int:
        """Bytes that the keys and their places take."""
        return len(self._keys) + self._ends.itemsize * len(self._ends)

    def add(self, key: Part) -> None:
        """Add the next record."""
        if self.count % self.step == 0:
            self._keys += key
            self._ends.append(len(self._keys))
            while self.nbytes > self._most_bytes and len(self._ends) > 1:
                self._thin()
        self.count += 1

    def before(self, index: int) -> tuple[int, bytes]:
        """The last record at or before ``index`` whose key is held, and its key.

        Raises:
            IndexError: no record was added.
        """
        place = min(index // self.step, len(self._ends) - 1)
        return place * self.step, self._key(place)

    def _key(self, place: int) -> bytes:
        start = self._ends[place - 1] if place else 0
        return bytes(self._keys[start : self._ends[place]])

    def _thin(self) -> None:
        """Forget every second key."""
        kept = [self._key(place) for place in range(0, len(self._ends), 2)]
        self.step *= 2
        self._keys, self._ends = bytearray(), array("Q")
        for key in kept:
            self._keys += key
            self._ends.append(len(self._keys))
