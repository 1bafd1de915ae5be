"""A text that configuration was read from, and places in it."""

from __future__ import annotations

from dataclasses import dataclass
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

    def position(self, offset: int) -> Position:
        """Line and column of a character offset; past the end counts as the end."""
        offset = max(0, min(offset, len(self.text)))
        return Position(self.text.count("\n", 0, offset) + 1, offset - self._line_start(offset) + 1)

    def line_at(self, offset: int) -> str:
        """The line that an offset stands in, without its end."""
        offset = max(0, min(offset, len(self.text)))
        end = self.text.find("\n", offset)
        return self.text[self._line_start(offset) : end if end >= 0 else len(self.text)].rstrip("\r")

    def _line_start(self, offset: int) -> int:
        return self.text.rfind("\n", 0, offset) + 1


class Origin(NamedTuple):
    """Where a piece of configuration came from: ``length`` characters of a source."""

    source: Source
    offset: int
    length: int = 1

    def __str__(self) -> str:
        line, column = self.source.position(self.offset)
        return f"{self.source.name}:{line}:{column}"
