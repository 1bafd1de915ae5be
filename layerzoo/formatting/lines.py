"""Lines of a formatted text, and the alignment of the comments at their ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

WIDTH: Final = 120
"""The longest line, in characters, that a message or list may have to be on one line."""
_GAP: Final = "  "
_TAB: Final = 8


@dataclass(slots=True)
class Line:
    """A line of the result.

    Attributes:
        text: the line without the comment at its end; empty for a blank line. A
            scalar on several lines is one line.
        comment: the comment at its end, with its ``#``; empty if it has none.
        column: the column of that comment in the source, from 0.
    """

    text: str
    comment: str = ""
    column: int = -1


def width(text: str) -> int:
    """The columns that a text takes from the start of a line; of several lines, the last one."""
    return len(text.rpartition("\n")[2].expandtabs(_TAB))


def column_of(text: str, offset: int) -> int:
    """The column of an offset of a text, from 0."""
    return width(text[text.rfind("\n", 0, offset) + 1 : offset])


def aligned(lines: Sequence[Line]) -> str:
    """The text of lines: comments that stood below each other in the source do so again.

    Blank lines at the start and the end are dropped; one is kept of several.
    """
    result: list[str] = []
    for _, group in groupby(lines, key=lambda line: (bool(line.comment), line.column)):
        block = list(group)
        column = max(width(line.text) for line in block)
        for line in block:
            if line.comment:
                result.append(f"{line.text}{' ' * (column - width(line.text))}{_GAP}{line.comment}")
            elif line.text or (result and result[-1]):
                result.append(line.text)
    while result and not result[-1]:
        result.pop()
    return "".join(f"{line}\n" for line in result)
