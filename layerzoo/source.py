"""Texts of configs, and positions in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Final, NamedTuple

_BLOCK: Final = 1 << 14
_MAX_SHOWN: Final = 200


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
        block = offset // _BLOCK
        line = self._breaks[block] + self.text.count("\n", block * _BLOCK, offset) + 1
        return Position(line, offset - self._line_start(offset) + 1)

    def line_at(self, offset: int, first: int = 1, most: int | None = None) -> str:
        """The line of an offset, without its line break.

        Args:
            offset: a character offset.
            first: the first column to return.
            most: the largest number of characters; None for the rest of the line.
        """
        offset = max(0, min(offset, len(self.text)))
        start = self._line_start(offset) + first - 1
        limit = len(self.text) if most is None else min(start + most, len(self.text))
        end = self.text.find("\n", start, limit)
        return self.text[start : end if end >= 0 else limit].rstrip("\r")

    @cached_property
    def _breaks(self) -> list[int]:
        """The number of line breaks before each block, so that no position takes a pass through the text."""
        starts = range(0, len(self.text) + 1, _BLOCK)
        return [0, *accumulate(self.text.count("\n", start, start + _BLOCK) for start in starts)]

    def _line_start(self, offset: int) -> int:
        return self.text.rfind("\n", 0, offset) + 1


@dataclass(frozen=True, eq=False, slots=True)
class CallSite:
    """Where a block of a config is used.

    Attributes:
        block: the name of the block.
        origin: the position of the layer that uses it, which may stand in a block itself.
        parameters: the block's parameters by name.
    """

    block: str
    origin: Origin
    parameters: Mapping[str, object]

    @property
    def values(self) -> str:
        """The parameters, such as ``n=64, s=1``; shortened if they are many."""
        shown = ", ".join(f"{name}={_shown(value)}" for name, value in self.parameters.items())
        return shown if len(shown) <= _MAX_SHOWN else shown[:_MAX_SHOWN] + "…"

    def __str__(self) -> str:
        values = self.values
        given = f" with {values}" if values else ""
        return f"in block '{self.block}', called at {self.origin}{given}"


class Origin(NamedTuple):
    """The position of a part of a config: ``length`` characters of a source.

    ``call`` is the use of the block that the part stands in, if it stands in one.
    """

    source: Source
    offset: int
    length: int = 1
    call: CallSite | None = None

    @property
    def calls(self) -> Iterator[CallSite]:
        """The uses of the blocks that the part stands in, the innermost first."""
        call = self.call
        while call is not None:
            yield call
            call = call.origin.call

    def __str__(self) -> str:
        line, column = self.source.position(self.offset)
        return f"{self.source.name}:{line}:{column}"


def _shown(value: object) -> str:
    """A value as a config has it; lists and maps are not written out."""
    if isinstance(value, bool):
        return str(value).lower()
    return "…" if isinstance(value, list | dict) else str(value)
