"""A text that configuration was read from, and places in it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple


class Position(NamedTuple):
    """A place in a text; line and column count from 1, as editors do."""

    line: int
    column: int


@dataclass(frozen=True, eq=False)
class Source:
    """A named text: a file, or an argument of the command line.

    Args:
        name: what a message calls it, e.g. ``configs/lenet.yaml`` or ``-set``.
        text: the whole text, as decoded.
        bare_strings: a string may stand without quotes, as in YAML and in arguments; prototxt needs them.
    """

    name: str
    text: str
    bare_strings: bool = False

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return starts

    def position(self, offset: int) -> Position:
        """Line and column of a character offset; past the end counts as the end."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of one line (from 1), without its end."""
        start = self._line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)].rstrip("\r")


class Origin(NamedTuple):
    """Where a piece of configuration came from: ``length`` characters of a source."""

    source: Source
    offset: int
    length: int = 1

    def __str__(self) -> str:
        line, column = self.source.position(self.offset)
        return f"{self.source.name}:{line}:{column}"
