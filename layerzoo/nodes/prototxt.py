"""Read protobuf's text format into nodes.

The reader accepts what `google.protobuf.text_format` accepts, and continues after a fault so that one pass
finds all of them. A regular expression matches a whole ``key: value`` or ``key {`` at once, which is nearly
all of a config; the rest (lists, comments in unusual places, mistakes) is matched as single tokens. The
reader does not recurse.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final, NamedTuple

from layerzoo.errors import Fault
from layerzoo.nodes import MAX_DEPTH, MAX_FAULTS, MAX_NODES, Node
from layerzoo.source import Origin, Source

_WORD = r"""(?:-[ \t]*+)?[^\s,;:{}<>\[\]"'\#]++"""
STRING = r""""[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+\'"""
_PLAIN = rf"""[^{{}}"']++|{STRING}"""
_MAP = rf"\{{(?:{_PLAIN}|\{{(?:{_PLAIN})*+\}})*+\}}"  # in an expression: {{18: {{width: 64}}}}
EXPRESSION = rf"\$\{{(?:{_PLAIN}|{_MAP})*+\}}"
_TOKEN: Final = re.compile(
    rf"""(?>\s+|\#[^\n]*)*+(?:
        ([A-Za-z_]\w*+)(?:\s*+:\s*+(?:(?!-\s)({EXPRESSION}|{_WORD})(?!\s*+[:{{])|({STRING}))|\s*+:?\s*+([{{<])|)
        |([}}>])|([,;:\[\]])|([{{<])|({STRING})|({EXPRESSION}|{_WORD})|(["'][^\n]*+)|(\Z))""",
    re.VERBOSE,
)
# The kinds of a match, by its last group. A _KEY is matched alone; the next match is what follows it.
_KEY, _WORD_FIELD, _STRING_FIELD, _OPEN_FIELD = 1, 2, 3, 4
_CLOSE, _MARK, _OPEN, _TEXT, _BARE, _UNENDED, _END = 5, 6, 7, 8, 9, 10, 11

_ESCAPE: Final = re.compile(
    rb"""\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|([abfnrtv\\'"?])|(.?))"""
)
_SIMPLE: Final = dict(zip(b"abfnrtv\\'\"?", b"\a\b\f\n\r\t\v\\'\"?", strict=True))
_CLOSERS: Final = {"{": "}", "<": ">"}


def read(source: Source, faults: list[Fault]) -> Node:
    """Read a text as a node tree; syntax faults are added to ``faults``.

    Bytes that are not UTF-8 become lone surrogates (``surrogateescape``), whether they are in the file or
    written as an escape such as ``\\377``.
    """
    root = Node("", None, [], source)
    _Reader(source, root, faults).run(0)
    return root


def read_value(source: Source, key: str, key_offset: int, offset: int, faults: list[Fault]) -> list[Node]:
    """Read one value (``5``, ``"a"``, ``{ … }``, ``[ … ]``) up to the end of the text as nodes of ``key``."""
    root = Node("", None, [], source)
    reader = _Reader(source, root, faults)
    reader.key, reader.colon = (key, key_offset), True
    reader.run(offset)
    nodes = root.children or []
    rest = [node for node in nodes if node.offset != key_offset]
    if rest:
        faults.append(Fault("more than one value", rest[0].origin, "a value with spaces needs quotes"))
    return [node for node in nodes if node.offset == key_offset]


def unescape(text: str) -> tuple[str, int | None]:
    """Replace the escapes of a string; return the result and the offset of an unknown escape, or None."""
    raw = text.encode("utf-8", "surrogateescape")
    result = bytearray()  # re.sub would keep an object for each escape
    bad, end = None, 0
    for m in _ESCAPE.finditer(raw):
        if m.lastindex == 5 and bad is None:
            bad = len(raw[: m.start()].decode("utf-8", "surrogateescape"))
        result += raw[end : m.start()]
        result += _unescaped(m)
        end = m.end()
    result += raw[end:]
    return result.decode("utf-8", "surrogateescape"), bad


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes([int(match[1], 8) & 255])
    if match[2]:
        return bytes([int(match[2], 16)])
    if match[3]:
        code = int(match[3][1:], 16)
        return chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else b"?"
    return bytes([_SIMPLE[match[4][0]]]) if match[4] else match[0]


class _TooMuchError(Exception):
    """The text exceeds a limit and can't be a config; the fault is recorded already."""


class _Frame(NamedTuple):
    """An open message.

    Attributes:
        node: the message.
        closer: the character that closes it.
        children: the list of its siblings.
        list_key: key and offset of the list that it is an element of; None outside a list.
    """

    node: Node
    closer: str
    children: list[Node]
    list_key: tuple[str, int] | None


class _Reader:
    """The state of the reader.

    Attributes:
        children: the list that receives the next node.
        frames: the open messages, outermost first.
        key: a key without its value yet, or the key of the open list.
        colon: the key had its colon.
        listing: offset of the ``[`` of the open list, or None.
        pieces: the strings written in several pieces, with their nodes; joined at the end.
        valued: the last token was an element of the list, so a comma or the end must follow.
        quiet_until, silent_until: see `fault`.
    """

    def __init__(self, source: Source, root: Node, faults: list[Fault]) -> None:
        self.source, self.faults = source, faults
        self.children: list[Node] = root.children if root.children is not None else []
        self.frames: list[_Frame] = []
        self.key: tuple[str, int] | None = None
        self.colon = self.valued = False
        self.listing: int | None = None
        self.pieces: list[tuple[Node, list[str]]] = []
        self.quiet_until = self.silent_until = -1

    def run(self, offset: int) -> None:
        """Read from ``offset`` to the end."""
        with suppress(_TooMuchError):
            self._run(offset)
            self._end()
        for node, pieces in self.pieces:
            node.text = "".join(pieces)

    def _end(self) -> None:
        """Report what is still open at the end of the text."""
        if self.listing is not None:
            self.fault("this '[' is never closed", self.listing)
        elif self.key is not None:
            self.fault(f"'{self.key[0]}' has no value", self.key[1], len(self.key[0]))
        if self.frames:
            self._never_closed()

    def _run(self, offset: int) -> None:
        source, before = self.source, 0
        for count, m in enumerate(_TOKEN.finditer(source.text, offset)):
            kind = m.lastindex or 0
            if self.key is not None:
                self._value(kind, m, before)
            elif kind == _WORD_FIELD:
                word = m[2] if m[2][0] != "-" else _joined(m[2])
                self.children.append(Node(m[1], word, None, source, m.start(1), m.start(2)))
            elif kind == _STRING_FIELD:
                text, start = m[3][1:-1], m.start(3)
                if "\\" in text:
                    text = self._unescape(text, start)
                self.children.append(Node(m[1], text, None, source, m.start(1), start, True))
            else:
                self._statement(kind, m, before)
            before = kind
            if kind == _END:
                break
            if count > MAX_NODES:
                self.give_up(f"more than {MAX_NODES:,} fields, the limit", m.start(kind))

    def _statement(self, kind: int, m: re.Match[str], before: int) -> None:
        """Read a token at a position where a field may begin."""
        at = m.start(kind)
        if kind == _OPEN_FIELD:
            self._open((m[1], m.start(1)), at, m[4])
        elif kind == _CLOSE:
            self._close(m[5], at)
        elif kind == _WORD_FIELD:
            self.children.append(Node(m[1], _joined(m[2]), None, self.source, m.start(1), at))
        elif kind == _STRING_FIELD:
            text = self._unescape(m[3][1:-1], at)
            self.children.append(Node(m[1], text, None, self.source, m.start(1), at, True))
        elif kind == _KEY:
            self.key, self.colon = (m[1], at), False
        elif kind == _TEXT and before in {_STRING_FIELD, _TEXT} and self.children:
            self._continue(m[8], at)
        elif kind == _OPEN:
            if self.source.text[at - 1 : at] == "$":
                hint = "close it, and let it be the whole value; or put the value in quotes"
                self.fault("this '${' is never closed, or not at the beginning of a value", at - 1, 2, hint)
            self.fault(f"a field name is missing before '{m[7]}'", at)
            self._open(("", at), at, m[7], dropped=True)
        elif kind != _END and not (kind == _MARK and m[6] in ",;"):
            hint = None
            if m[kind] == "[":
                hint = "extensions are not supported"
            elif m[kind][0].isdigit() and before == _MARK:
                hint = "write a decimal point, or several values in [ ]"
            self.fault(f"expected a field name, found {_shown(m[kind])}", at, len(m[kind]), hint, junk=True)

    def _value(self, kind: int, m: re.Match[str], before: int) -> None:
        """Read a token after a key, or inside a list."""
        assert self.key is not None
        (key, key_at), at, token = self.key, m.start(kind), m[kind]
        if kind == _MARK and token == ":" and self.listing is None:
            if self.colon:
                self.fault(f"a second ':' after '{key}'", at)
            self.colon = True
        elif kind == _MARK and token == "[" and self.listing is None:
            self.listing, self.valued = at, False
        elif kind == _MARK and token in ",]" and self.listing is not None:
            self.valued = False
            if token == "]":
                self.key = self.listing = None
        elif kind == _OPEN:
            self._separated(at)
            self._open(self.key, at, token)
        elif kind == _TEXT and before == _TEXT and self.listing is not None and self.children:
            self._continue(token, at)
        elif kind in {_TEXT, _UNENDED}:
            self._separated(at)
            if kind == _UNENDED:
                self.fault(f"this string has no closing {token[0]}", at, len(token.rstrip()))
            text = token[1:-1] if kind == _TEXT else token[1:].rstrip("\r")
            self._add(self._unescape(text, at), at, quoted=True)
        elif kind == _BARE and token.startswith("=") and self.listing is None and not self.colon:
            self.fault(f"'=' after '{key}'", at, hint=f"write '{key}: …'")
            self.colon = True
            if token != "=":
                self._add(token[1:], at + 1)
        elif kind in {_BARE, _KEY} and (
            self.colon or self.listing is not None or "\n" not in self.source.text[key_at:at]
        ):
            self._separated(at)
            self._add(_joined(token), at)
        elif self.listing is not None and kind not in {_MARK, _END}:
            self.fault("this '[' is never closed", self.listing)
            self.key = self.listing = None
            self._statement(kind, m, before)
        elif self.listing is not None:
            if kind == _MARK:
                self.fault(f"expected a value or ']', found {_shown(token)}", at, junk=True)
        elif kind != _END:
            self.fault(f"'{key}' has no value", key_at, len(key), f"write '{key}: …' or '{key} {{ … }}'")
            self.key = None
            self._statement(kind, m, before)

    def _continue(self, token: str, at: int) -> None:
        """Read a string that continues the one before it."""
        node = self.children[-1]
        if not self.pieces or self.pieces[-1][0] is not node:
            self.pieces.append((node, [node.text or ""]))
        self.pieces[-1][1].append(self._unescape(token[1:-1], at))

    def _separated(self, at: int) -> None:
        """Report a missing colon after the key, or a missing comma after the last element."""
        if self.listing is not None and self.valued:
            self.fault("a ',' is missing between the values of a list", at)
        elif self.listing is None and not self.colon and self.source.text[at] not in "{<":
            assert self.key is not None
            key, offset = self.key
            self.fault(f"a ':' is missing after '{key}'", offset, len(key), f"write '{key}: …'")

    def _add(self, text: str, at: int, quoted: bool = False) -> None:
        assert self.key is not None
        listed = self.listing is not None
        self.children.append(Node(self.key[0], text, None, self.source, self.key[1], at, quoted, listed))
        self.valued = True
        if not listed:
            self.key = None

    def _open(self, key: tuple[str, int], at: int, opener: str, dropped: bool = False) -> None:
        """Open a message; a dropped one is read but left out of the tree."""
        listed = self.listing is not None
        inside: list[Node] = []
        node = Node(key[0], None, inside, self.source, key[1], at, listed=listed)
        if not dropped:
            self.children.append(node)
        if len(self.frames) >= MAX_DEPTH:
            self.give_up(f"nested more than {MAX_DEPTH} levels deep, the limit", at)
        self.frames.append(_Frame(node, _CLOSERS[opener], self.children, self.key if listed else None))
        self.children = inside
        self.key = self.listing = None  # an outer list continues when this element closes

    def _close(self, closer: str, at: int) -> None:
        if not self.frames:
            self.fault(f"unmatched '{closer}'", at, hint="remove it, or one above it")
            return
        frame = self.frames.pop()
        if closer != frame.closer:
            line = self.source.position(frame.node.offset).line
            self.fault(f"'{closer}' closes the message of line {line}; expected '{frame.closer}'", at)
        self.children = frame.children
        if frame.list_key is not None:
            self.key, self.listing, self.valued = frame.list_key, at, True

    def _never_closed(self) -> None:
        """Report the outermost open message, and move the siblings that it contains to its parent.

        No message of Caffe contains one of its own key, so a ``layer`` inside a ``layer`` is the next layer
        after a missing brace.
        """
        first = self.frames[0]
        count = len(self.frames)
        hint = "a '}' is missing in it or at its end" if count == 1 else f"{count} closing braces are missing"
        self.fault(f"'{first.node.key}' is never closed", first.node.offset, len(first.node.key), hint)
        inside = first.node.children or []
        first.children.extend(child for child in inside if child.key == first.node.key)
        first.node.children = [child for child in inside if child.key != first.node.key]

    def _unescape(self, text: str, at: int) -> str:
        if "\\" not in text:
            return text
        result, bad = unescape(text)
        if bad is not None:
            hint = r"write a backslash as \\, or separate folders by /"
            self.fault(f"unknown escape '{text[bad : bad + 2]}' in a string", at + 1 + bad, 2, hint)
        return result

    def give_up(self, message: str, at: int) -> None:
        """Record a fault and stop reading."""
        self.fault(message, at)
        raise _TooMuchError

    def fault(
        self, message: str, at: int, length: int = 1, hint: str | None = None, junk: bool = False
    ) -> None:
        """Record a fault, unless an earlier one on the same line explains it.

        One mistake can leave many unexpected tokens (``junk``): after any fault, further junk on the line is
        not reported; after junk, nothing on the line is.
        """
        if at < (self.quiet_until if junk else self.silent_until):
            return
        end = self.source.text.find("\n", at)
        self.quiet_until = len(self.source.text) if end < 0 else end
        if junk:
            self.silent_until = self.quiet_until
        self.faults.append(Fault(message, Origin(self.source, at, length), hint))
        if len(self.faults) >= MAX_FAULTS:
            self.faults.append(Fault(f"more than {MAX_FAULTS} faults; the rest was not read"))
            raise _TooMuchError


def _joined(word: str) -> str:
    """Remove blanks: ``- 5`` becomes ``-5``. An expression keeps them."""
    return word if word[0] == "$" else word.replace(" ", "").replace("\t", "")


def _shown(token: str) -> str:
    return repr(token if len(token) <= 40 else token[:40] + "…")
