"""Lay out prototxt: two spaces a level, a field a line, ``key: value``, ``key { … }``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from layerzoo.formatting.lines import WIDTH, Line, column_of
from layerzoo.nodes.prototxt import EXPRESSION, STRING

_TOKEN: Final = re.compile(
    rf"""(?P<comment>\#[^\n]*)|(?P<string>{STRING})|(?P<mark>[,;:{{}}<>\[\]])
    |(?P<word>(?:-[ \t]*+)?(?:{EXPRESSION}|[^\s,;:{{}}<>\[\]"'\#])++)""",
    re.VERBOSE,
)
_INDENT: Final = "  "
_OPENERS: Final = frozenset("{<")
_CLOSERS: Final = frozenset("}>")


class _Token(NamedTuple):
    kind: str
    text: str
    at: int
    line: int


@dataclass(slots=True)
class _Comment:
    """A comment, with its column in the source."""

    text: str
    column: int


_Lead = list[str]
"""The lines of comments above a field; an empty one is a blank line."""


@dataclass(slots=True)
class _Entry:
    """A field, or an element of a list.

    Attributes:
        lead: what stands above it.
        key: its name; empty for an element of a list.
        pieces: of a scalar, the value; several for a string in pieces.
        inside: of a message, its fields; of a list, its elements.
        brackets: ``{}``, ``[]``, or empty for a scalar.
        tail: of a message or list, the comments above its end.
        on_one_line: of a message or list, whether it was on one line.
        comment: the comment at the end of its line; of a message, of its first line.
        end_comment: of a message or list, the comment after its end.
        broken: the pieces stood on several lines.
    """

    lead: _Lead
    key: str
    pieces: list[str] = field(default_factory=list)
    inside: list[_Entry] = field(default_factory=list)
    brackets: str = ""
    tail: _Lead = field(default_factory=list)
    on_one_line: bool = False
    comment: _Comment | None = None
    end_comment: _Comment | None = None
    broken: bool = False


def lines_of(text: str) -> list[Line]:
    """The lines of a text without syntax faults."""
    top = _Parser(text).message()
    return [*_laid_out(top.inside, ""), *_leading(top.tail, "")]


class _Parser:
    """Reads tokens as entries that keep comments and blank lines; the nesting is limited by the reader.

    Attributes:
        at: the index of the next token.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[_Token] = []
        line, last = 0, 0
        for m in _TOKEN.finditer(text):
            line += text.count("\n", last, m.start())
            last = m.start()
            self.tokens.append(_Token(m.lastgroup or "", m[0].rstrip(), last, line))
        self.at = 0

    def message(self) -> _Entry:
        """Read fields up to the end of their message or of the text."""
        whole = _Entry([], "", brackets="{}")
        lead: _Lead = []
        while (token := self._next(lead, whole)) is not None and token.text not in _CLOSERS:
            self.at += 1
            if token.kind == "mark":  # a separator
                continue
            entry = _Entry(lead, token.text)
            whole.inside.append(entry)
            lead = []
            self._value(entry)
        whole.tail = _without_last_blank(lead)
        return whole

    def _value(self, entry: _Entry) -> None:
        token = self._inner(entry.lead)
        if token is not None and token.text == ":":
            self.at += 1
            token = self._inner(entry.lead)
        if token is None:
            return
        if token.text in _OPENERS or token.text == "[":
            self._brackets(entry, token)
        else:
            self._scalar(entry, token)

    def _scalar(self, entry: _Entry, token: _Token) -> None:
        """Read a scalar; strings that follow a string are pieces of the same value."""
        entry.pieces.append(_scalar(token))
        self.at += 1
        last = token
        while token.kind == "string" and self.at < len(self.tokens):
            ahead = self.at
            while ahead < len(self.tokens) and self.tokens[ahead].kind == "comment":
                ahead += 1
            if ahead == len(self.tokens) or self.tokens[ahead].kind != "string":
                break
            entry.lead += [comment.text for comment in self.tokens[self.at : ahead]]
            entry.broken = entry.broken or self.tokens[ahead].line > last.line
            last = self.tokens[ahead]
            entry.pieces.append(_scalar(last))
            self.at = ahead + 1

    def _brackets(self, entry: _Entry, opener: _Token) -> None:
        """Read a message or a list, from its opening bracket on."""
        self.at += 1
        inside = self._list() if opener.text == "[" else self.message()
        entry.inside, entry.tail, entry.comment = inside.inside, inside.tail, inside.comment
        entry.brackets = inside.brackets
        if self.at < len(self.tokens):
            entry.on_one_line = self.tokens[self.at].line == opener.line
            self.at += 1

    def _list(self) -> _Entry:
        """Read elements up to ``]``."""
        whole = _Entry([], "", brackets="[]")
        lead: _Lead = []
        while (token := self._next(lead, whole)) is not None and token.text != "]":
            if token.text == ",":
                self.at += 1
                continue
            entry = _Entry(lead, "")
            whole.inside.append(entry)
            lead = []
            if token.text in _OPENERS:
                self._brackets(entry, token)
            else:
                self._scalar(entry, token)
        whole.tail = _without_last_blank(lead)
        return whole

    def _next(self, lead: _Lead, whole: _Entry) -> _Token | None:
        """Skip to the next token that is no comment; comments go to ``lead``, or to the end of a line."""
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            before = self.tokens[self.at - 1] if self.at else None
            breaks = token.line - before.line - before.text.count("\n") if before is not None else 1
            if token.kind == "comment" and breaks == 0 and not lead:
                self._at_the_end(token, whole)
            else:
                if breaks > 1 and (lead or whole.inside):
                    lead.append("")
                if token.kind != "comment":
                    return token
                lead.append(token.text)
            self.at += 1
        return None

    def _at_the_end(self, token: _Token, whole: _Entry) -> None:
        """Add a comment that stands behind something on its line."""
        comment = _Comment(token.text, column_of(self.text, token.at))
        if not whole.inside:
            whole.comment = comment
        elif whole.inside[-1].brackets:
            whole.inside[-1].end_comment = comment
        else:
            whole.inside[-1].comment = comment

    def _inner(self, lead: _Lead) -> _Token | None:
        """The next token inside a field; comments before it are moved above the field."""
        while self.at < len(self.tokens) and self.tokens[self.at].kind == "comment":
            lead.append(self.tokens[self.at].text)
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else None


def _scalar(token: _Token) -> str:
    """A value as it is written: strings in double quotes where that needs no escapes, ``- 5`` as ``-5``."""
    text = token.text
    if token.kind == "string":
        return f'"{text[1:-1]}"' if text[0] == "'" and '"' not in text and "\\" not in text else text
    return "-" + text[1:].lstrip(" \t") if text.startswith("-") else text


def _without_last_blank(lead: _Lead) -> _Lead:
    return lead[:-1] if lead and not lead[-1] else lead


def _leading(lead: _Lead, indent: str) -> Iterator[Line]:
    yield from (Line(indent + text if text else "") for text in lead)


def _laid_out(entries: list[_Entry], indent: str, ending: str = "") -> Iterator[Line]:
    """The lines of fields, or of the elements of a list, which end with ``ending`` but for the last."""
    for number, entry in enumerate(entries):
        yield from _leading(entry.lead, indent)
        end = ending if number + 1 < len(entries) else ""
        lines = list(_entry(entry, indent))
        if lines:
            lines[-1].text += end
        yield from lines


def _entry(entry: _Entry, indent: str) -> Iterator[Line]:
    if not entry.brackets:
        yield from _pieces(entry, indent)
        return
    one_line = _on_one_line(entry)
    wanted = entry.on_one_line or not entry.inside or not _has_messages(entry)
    if one_line is not None and wanted and len(indent) + len(one_line) <= WIDTH:
        yield _with(indent + one_line, entry.end_comment)
    else:
        yield from _expanded(entry, indent)


def _pieces(entry: _Entry, indent: str) -> Iterator[Line]:
    """A scalar; a string in pieces has a line for each if they were on several."""
    if not entry.broken:
        yield _with(f"{indent}{_on_one_line(entry)}", entry.comment)
        return
    if entry.key:
        yield Line(f"{indent}{entry.key}:")
        indent += _INDENT
    yield from (Line(indent + piece) for piece in entry.pieces[:-1])
    yield _with(indent + entry.pieces[-1], entry.comment)


def _has_messages(entry: _Entry) -> bool:
    return entry.brackets == "{}" or any(one.brackets for one in entry.inside)


def _expanded(entry: _Entry, indent: str) -> Iterator[Line]:
    """A message or list on several lines."""
    opener, closer = entry.brackets[0], entry.brackets[1]
    head = {"{": f"{entry.key} {{" if entry.key else "{", "[": f"{entry.key}: ["}[opener]
    yield _with(indent + head, entry.comment)
    inner = indent + _INDENT
    filled = _filled(entry, inner) if opener == "[" else None
    yield from filled or _laid_out(entry.inside, inner, "," if opener == "[" else "")
    yield from _leading(entry.tail, inner)
    yield _with(indent + closer, entry.end_comment)


def _filled(entry: _Entry, indent: str) -> list[Line] | None:
    """The scalars of a list, as many on a line as fit; None if it has messages or comments."""
    lines: list[Line] = []
    for number, element in enumerate(entry.inside):
        text = _on_one_line(element)
        if text is None or element.brackets or element.lead or element.comment:
            return None
        text += "," if number + 1 < len(entry.inside) else ""
        if lines and len(lines[-1].text) + 1 + len(text) <= WIDTH:
            lines[-1].text += f" {text}"
        else:
            lines.append(Line(indent + text))
    return lines


def _on_one_line(entry: _Entry) -> str | None:
    """An entry on one line; None if comments or blank lines stand in it."""
    start = f"{entry.key}: " if entry.key else ""
    if not entry.brackets:
        return start + " ".join(entry.pieces)
    inside = [_on_one_line(one) for one in entry.inside]
    texts = [text for text in inside if text is not None]
    inner = any(one.lead or one.comment or one.end_comment or one.broken for one in entry.inside)
    if len(texts) < len(inside) or inner or entry.tail or entry.comment:
        return None
    if entry.brackets == "[]":
        return f"{start}[{', '.join(texts)}]"
    start = f"{entry.key} " if entry.key else ""
    return f"{start}{{ {' '.join(texts)} }}" if texts else f"{start}{{}}"


def _with(text: str, comment: _Comment | None) -> Line:
    return Line(text, comment.text, comment.column) if comment else Line(text)
