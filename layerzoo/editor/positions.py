"""Lines and columns of the language server protocol, which counts UTF-16 units, and offsets of a text."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple


class Place(NamedTuple):
    """A line and a column, both from 0; the column in UTF-16 units."""

    line: int
    column: int


class Lines:
    """The lines of a text.

    Args:
        text: the text; lines end with ``\\n``, ``\\r\\n`` or ``\\r``, as the protocol says.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0]
        for index, char in enumerate(text):
            if char == "\n" or (char == "\r" and text[index + 1 : index + 2] != "\n"):
                self._starts.append(index + 1)

    def place(self, offset: int) -> Place:
        """The place of an offset; one outside the text is moved to its nearest end."""
        offset = max(0, min(offset, len(self._text)))
        line = bisect_right(self._starts, offset) - 1
        return Place(line, _units(self._text[self._starts[line] : offset]))

    def offset(self, place: Place) -> int:
        """The offset of a place; one behind the end of its line is moved to that end."""
        if place.line >= len(self._starts):
            return len(self._text)
        start = self._starts[place.line]
        following = self._starts[place.line + 1 : place.line + 2]
        line = self._text[start : following[0] if following else len(self._text)].rstrip("\r\n")
        units = 0
        for index, char in enumerate(line):
            if units >= place.column:
                return start + index
            units += _units(char)
        return start + len(line)


def _units(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)
