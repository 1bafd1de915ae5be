"""Lay out YAML: two spaces a level, ``key: value``, ``{a: 1, b: [2, 3]}``.

Line breaks stay where they are; indentation and the spaces within lines become uniform. Lists are indented
below their key, or not, as they were.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import yaml

from layerzoo.formatting.lines import Line, column_of

_SCANNER: Final[type[Any]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COMMENT: Final = re.compile(r"#[^\r\n]*")
_BLANK_END: Final = re.compile(r"(?:\n[ \t]*)+\Z")
_STEP: Final = 2
_BLOCKS: Final = (yaml.BlockMappingStartToken, yaml.BlockSequenceStartToken)
_OPENERS: Final = (yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken)
_CLOSERS: Final = (yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
_AT_BLOCK: Final = (yaml.KeyToken, yaml.BlockEntryToken, yaml.ValueToken)
_TIGHT: Final = (yaml.FlowEntryToken, yaml.ValueToken, *_CLOSERS)


class _Block(NamedTuple):
    """An open block: its column in the source and in the result."""

    old: int
    new: int


class _Flow(NamedTuple):
    """An open flow collection: the columns of its last bracket and of lines in it."""

    outside: int
    inside: int


def lines_of(text: str) -> list[Line]:
    """The lines of a text without syntax faults."""
    scanner = _SCANNER(text)
    try:
        writer = _Writer(text)
        while scanner.check_token():
            writer.add(scanner.get_token())
        writer.skip_to(len(text), len(text), 0)
    finally:
        scanner.dispose()
    return writer.lines


class _Writer:
    """Writes tokens, one by one, as lines.

    Attributes:
        lines: the result; the last one may be incomplete.
        end: the offset after the last token.
        blocks: the open blocks, outermost first.
        before: the blocks that were open before those that have ended since the last token.
        opened: the column of a block whose first token follows.
        flows: the open flow collections, outermost first.
        is_key: the next token is a key or ``-``, which stands at the column of its block.
        last: the last token that has a text.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: list[Line] = []
        self.end = 0
        self.blocks: list[_Block] = []
        self.before: list[_Block] = []
        self.opened: int | None = None
        self.flows: list[_Flow] = []
        self.is_key = False
        self.last: Any = None

    def add(self, token: Any) -> None:
        """Write a token, with the comments and blank lines before it."""
        start, end, column = token.start_mark.index, token.end_mark.index, token.start_mark.column
        if isinstance(token, _BLOCKS):
            self.opened = column
        elif isinstance(token, yaml.BlockEndToken):
            self.blocks.pop()
        elif isinstance(token, _AT_BLOCK):
            self.is_key = not self.flows
        if start == end:
            return
        indent = self._indent(token)
        if self.skip_to(start, column, indent):
            self.lines.append(Line(" " * indent))
        else:
            if self._is_spaced(token):
                self.lines[-1].text += " "
            if isinstance(self.last, _OPENERS) and self.flows:
                self.flows[-1] = self.flows[-1]._replace(inside=len(self.lines[-1].text))
        if self.opened is not None:
            self.blocks.append(_Block(self.opened, len(self.lines[-1].text)))
            self.opened = None
        self._write(token, start, end)
        self.is_key, self.last, self.before = False, token, list(self.blocks)

    def skip_to(self, offset: int, column: int, indent: int) -> bool:
        """Write the comments and blank lines before an offset.

        Args:
            offset: of the next token, or the end of the text.
            column: of that token.
            indent: the column that it will have if it begins a line.

        Returns:
            whether it begins a line.
        """
        at, on_new_line = self.end, not self.lines
        for m in [*_COMMENT.finditer(self.text, self.end, offset), None]:
            here = offset if m is None else m.start()
            breaks = self.text.count("\n", at, here)
            on_new_line = on_new_line or breaks > 0
            if breaks > 1:
                self.lines.append(Line(""))
            if m is None:
                break
            text, old = m[0].rstrip(), column_of(self.text, here)
            if on_new_line:
                self.lines.append(Line(" " * self._comment_indent(old, column, indent) + text))
            else:
                self.lines[-1].comment, self.lines[-1].column = text, old
            at = m.end()
        return on_new_line

    def _indent(self, token: Any) -> int:
        """The column of a token that begins a line."""
        base = self.blocks[-1].new if self.blocks else -_STEP
        if self.flows:
            closes = isinstance(token, _CLOSERS)
            return max(self.flows[-1].outside, base + _STEP) if closes else self.flows[-1].inside
        return base if self.is_key and self.opened is None else base + _STEP

    def _comment_indent(self, old: int, column: int, indent: int) -> int:
        """The column of a comment on its own line: that of its block, or of the next line."""
        if self.flows or self.opened is not None:
            return indent
        inside = next((block for block in reversed(self.before) if block.old <= old), None)
        if inside is not None and (inside.old == old or old < column):
            return inside.new
        return max(indent, 0)

    def _is_spaced(self, token: Any) -> bool:
        """Whether a space precedes a token that doesn't begin a line."""
        if isinstance(self.last, yaml.AliasToken) and isinstance(token, yaml.ValueToken):
            return True
        return not isinstance(self.last, _OPENERS) and not isinstance(token, _TIGHT)

    def _write(self, token: Any, start: int, end: int) -> None:
        """Write the text of a token; of a scalar on several lines, all of them as one `Line`."""
        line, text = self.lines[-1], self.text[start:end]
        if isinstance(token, _OPENERS):
            outside = len(line.text) - len(line.text.lstrip(" "))
            self.flows.append(_Flow(outside, outside + _STEP))
        elif isinstance(token, _CLOSERS):
            self.flows.pop()
        elif isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            text = self._block_scalar(text)
            end = start + len(text)
            block = self.blocks[-1] if self.blocks else _Block(0, 0)
            text = _shifted(text, block.new - block.old)
        elif "\n" in text:
            base = self.blocks[-1].new if self.blocks else -_STEP
            margin = " " * max(base + _STEP, self.flows[-1].inside + _STEP if self.flows else 0)
            first, *rest = text.split("\n")
            text = "\n".join([first.rstrip(), *((margin + more.strip(" \t")).rstrip() for more in rest)])
        line.text += text
        self.end = end

    def _block_scalar(self, text: str) -> str:
        """The text of ``|`` and ``>`` without the line breaks after it that don't belong to its value."""
        header = text.partition("\n")[0].partition("#")[0]
        return text.removesuffix("\n") if "+" in header else _BLANK_END.sub("", text)


def _shifted(text: str, by: int) -> str:
    """Indent all lines but the first by more, or fewer, spaces."""
    first, *rest = text.split("\n")
    if by >= 0:
        return "\n".join([first, *(" " * by + line if line else line for line in rest)])
    return "\n".join([first, *(line[min(-by, len(line) - len(line.lstrip(" "))) :] for line in rest)])
