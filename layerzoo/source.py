"""Texts of configs, and positions in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Position(NamedTuple):
    """A position in a text; line and column count from 1."""

    line: int
    column: int


@dataclass(frozen=True, eq=False)
class Source:
    """A named text: a file, or an argument of the command line.

    Args:
        name: its name in messages, e.g. ``configs/lenet.yaml`` or ``-set``.
        text: the whole decoded text.
        bare_strings: strings need no quotes, as in YAML and in arguments; in prototxt they do.
    """

    name: str
    text: str
    bare_strings: bool = False

    def position(self, offset: int) -> Position:
        """Line and column of a character offset; an offset outside the text is moved to its nearest end."""
        offset = max(0, min(offset, len(self.text)))
        return Position(self.text.count("\n", 0, offset) + 1, offset - self._line_start(offset) + 1)

    def line_at(self, offset: int) -> str:
        """The line of an offset, without its line break."""
        offset = max(0, min(offset, len(self.text)))
        end = self.text.find("\n", offset)
        return self.text[self._line_start(offset) : end if end >= 0 else len(self.text)].rstrip("\r")

    def _line_start(self, offset: int) -> int:
        return self.text.rfind("\n", 0, offset) + 1


class Origin(NamedTuple):
    """The position of a part of a config: ``length`` characters of a source."""

    source: Source
    offset: int
    length: int = 1

    def __str__(self) -> str:
        line, column = self.source.position(self.offset)
        return f"{self.source.name}:{line}:{column}"
