"""Read YAML into the same nodes as prototxt.

The reader consumes the parser's events one at a time, so that limits of size, depth and aliases hold before
anything is built. Scalars stay text until the schema types them, which avoids surprises with ``1e-4``,
``on``, ``0777`` and ``1:30``. Aliases and ``<<`` are resolved by copying; tags are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import yaml

from layerzoo.errors import Fault
from layerzoo.nodes import MAX_DEPTH, MAX_FAULTS, MAX_NODES, Node
from layerzoo.source import Origin, Source

MAX_ALIASED = 100_000
"""The largest number of nodes that all aliases of a text together may stand for."""

MAX_DIRECTIVES = 100
"""The largest number of lines that begin with ``%``: the parser compares each ``%TAG`` with all others."""

_PARSER: Final[type[Any]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNREADABLE: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_DIRECTIVE: Final = re.compile(r"^%", re.MULTILINE)
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_MERGE: Final = "<<"


def read(source: Source, faults: list[Fault]) -> Node:
    """Read a text as a node tree; faults are added to ``faults``.

    After a syntax fault the tree holds the nodes before it.
    """
    root = Node("", None, [], source)
    reader = _Reader(source, faults)
    bad = _UNREADABLE.search(source.text)
    if bad:
        reader.fault(_unreadable(bad[0]), bad.start(), hint="save the file as UTF-8 text")
        return root
    directives = list(islice(_DIRECTIVE.finditer(source.text), MAX_DIRECTIVES + 1))
    if len(directives) > MAX_DIRECTIVES:
        reader.fault(f"more than {MAX_DIRECTIVES} directives, the limit", directives[-1].start())
        return root
    try:
        reader.run(root)
    except _TooMuchError:
        pass
    except yaml.MarkedYAMLError as error:
        faults.append(_syntax_fault(source, error))
    except yaml.YAMLError as error:
        faults.append(Fault(f"not YAML: {error}".replace("\n", " "), Origin(source, 0)))
    return root


class _TooMuchError(Exception):
    """The text exceeds a limit or is not a config; the fault is recorded already."""


@dataclass(slots=True)
class _Anchor:
    """The nodes of an anchor.

    Attributes:
        count: number of nodes, descendants included; until ``whole``, the reader's count at its start.
        is_list: it is a list.
        nodes: one node, or the elements of the list.
        whole: its end was read.
    """

    count: int
    is_list: bool = False
    nodes: list[Node] = field(default_factory=list)
    whole: bool = False


@dataclass(slots=True)
class _Frame:
    """An open mapping or list.

    Attributes:
        target: the list that receives its nodes.
        node: the message of a mapping; None for a list.
        key: for a list, the key of its field; for a mapping, the key of the next value, or None before a key.
        key_at: offset of that key.
        seen: offsets of the keys so far.
        anchor: its anchor, if any.
        void: the next value is dropped because its key is faulty.
        start: for a list, the number of nodes in ``target`` before it.
    """

    target: list[Node]
    node: Node | None
    key: str | None = None
    key_at: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    anchor: _Anchor | None = None
    void: bool = False
    start: int = 0


class _Reader:
    """The state of the reader.

    Attributes:
        frames: the open mappings and lists, outermost first.
        anchors: the anchors so far, by name.
        count: number of nodes so far, copies by aliases included.
        aliased: number of nodes copied by aliases.
    """

    def __init__(self, source: Source, faults: list[Fault]) -> None:
        self.source, self.faults = source, faults
        self.frames: list[_Frame] = []
        self.anchors: dict[str, _Anchor] = {}
        self.count = self.aliased = 0

    def run(self, root: Node) -> None:
        """Read one document into ``root``.

        Raises:
            yaml.YAMLError: it is not valid YAML.
        """
        parser = _PARSER(self.source.text)
        documents = 0
        try:
            while not isinstance(event := parser.get_event(), yaml.StreamEndEvent):
                at = event.start_mark.index
                if isinstance(event, yaml.ScalarEvent):
                    self._scalar(event, at)
                elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                    self._start(event, at, root)
                elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                    self._end()
                elif isinstance(event, yaml.AliasEvent):
                    self._alias(event, at)
                elif isinstance(event, yaml.DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        self.give_up("a second document begins here; expected one", at)
        finally:
            parser.dispose()

    def _scalar(self, event: Any, at: int) -> None:
        """Read a scalar: a key, a value, or an element of a list."""
        text, quoted = event.value, not event.implicit[0]
        length = max(1, event.end_mark.index - at)
        if event.tag is not None:
            quoted = self._tagged(event, at)
        if not self.frames:
            if not quoted and text in _NULLS:
                return
            self.give_up("expected fields ('name: value'), found a scalar", at, length)
        frame = self.frames[-1]
        if frame.node is not None and frame.key is None:
            self._key(frame, text, at, length, quoted)
            return
        key, key_at = self._place(frame, at)
        node = Node(key, text, None, self.source, key_at, at, quoted, listed=frame.node is None)
        if not quoted and text in _NULLS:
            if text:
                self.fault(f"'{text}' is not a value", at, length, "omit the field")
            elif frame.node is None:
                self.fault("an empty element of a list", at)
            else:
                hint = f"omit it, or write '{key}: {{}}' for a message without fields"
                self.fault(f"'{key}' has no value", key_at, len(key), hint)
        else:
            self._add(frame, node)
            if event.anchor:
                self.anchors[event.anchor] = _Anchor(1, nodes=[node], whole=True)
        self._end_value(frame)

    def _key(self, frame: _Frame, text: str, at: int, length: int, quoted: bool) -> None:
        """Read a key of a mapping; a duplicate key is a fault, and its value is dropped."""
        first = frame.seen.setdefault(text, at)
        frame.key, frame.key_at, frame.void = text, at, first != at
        if frame.void:
            line = self.source.position(first).line
            hint = f"first on line {line}; remove one, or give several values as a list, '{text}: [a, b]'"
            self.fault(f"'{text}' is given twice", at, length, hint)

    def _start(self, event: Any, at: int, root: Node) -> None:
        """Read the start of a mapping or list."""
        is_list = isinstance(event, yaml.SequenceStartEvent)
        if event.tag is not None:
            self._tagged(event, at)
        anchor = _Anchor(self.count, is_list) if event.anchor else None
        if anchor:
            self.anchors[event.anchor] = anchor
        if not self.frames:
            if is_list:
                self.give_up("expected fields ('name: value') at the top, found a list", at)
            assert root.children is not None
            self.frames.append(_Frame(root.children, root, anchor=anchor))
            return
        if len(self.frames) >= MAX_DEPTH:
            self.give_up(f"nested more than {MAX_DEPTH} levels deep, the limit", at)
        frame = self.frames[-1]
        if frame.node is not None and frame.key is None:
            self.fault("a key must be a name, not a list or mapping", at)
            frame.void = True
            self.frames.append(_Frame([], None if is_list else Node("", None, [], self.source, at, at)))
            return
        key, key_at = self._place(frame, at)
        if not is_list:
            node = Node(key, None, [], self.source, key_at, at, listed=frame.node is None)
            self._add(frame, node)
            assert node.children is not None
            self.frames.append(_Frame(node.children, node, anchor=anchor))
            return
        target = [] if frame.void else frame.target
        if frame.node is None:
            self.fault("a list inside a list", at, hint=f"write all values of '{key}' in one list")
            target = []
        self.frames.append(_Frame(target, None, key, key_at, anchor=anchor, start=len(target)))

    def _end(self) -> None:
        """Read the end of a mapping or list."""
        frame = self.frames.pop()
        if frame.node is not None and _MERGE in frame.seen:
            self._merge(frame)
        if frame.anchor:
            frame.anchor.nodes = [frame.node] if frame.node else frame.target[frame.start :]
            frame.anchor.count = self.count - frame.anchor.count
            frame.anchor.whole = True
        if self.frames:
            outer = self.frames[-1]
            if outer.node is not None and outer.key is None:
                outer.key, outer.key_at = "", 0  # the mapping or list was a key; its value is dropped
            else:
                self._end_value(outer)

    def _alias(self, event: Any, at: int) -> None:
        """Read ``*name``: copy the nodes of the anchor ``&name``."""
        name, length = event.anchor, event.end_mark.index - at
        frame = self.frames[-1] if self.frames else None
        if frame is None:
            self.give_up("expected fields ('name: value'), found an alias", at, length)
            return
        if frame.node is not None and frame.key is None:
            self.fault("a key must be a name, not an alias", at, length)
            frame.key, frame.void = "", True
            return
        anchor = self.anchors.get(name)
        if anchor is None or not anchor.whole:
            problem = "is not defined above" if anchor is None else "is inside its own anchor"
            self.fault(f"the alias '*{name}' {problem}", at, length)
        elif anchor.is_list and frame.node is None:
            self.fault("a list inside a list", at, length)
        else:
            self.aliased += anchor.count
            if self.aliased > MAX_ALIASED:
                self.give_up(f"aliases stand for more than {MAX_ALIASED:,} fields", at, length)
            key, key_at = self._place(frame, at)
            for node in anchor.nodes:
                self._add(frame, _copy(node, key, key_at, anchor.is_list or frame.node is None))
            self.count += anchor.count
        self._end_value(frame)

    def _merge(self, frame: _Frame) -> None:
        """Replace ``<<`` by the fields of the mappings it refers to; the mapping's own fields win."""
        keys = {key for key in frame.seen if key != _MERGE}
        own, merged = [], []
        for child in frame.target:
            if child.key != _MERGE:
                own.append(child)
            elif child.children is None:
                self.fault("'<<' takes a mapping, as an alias or a list of aliases", child.value_offset)
            else:
                merged += [c for c in child.children if c.key not in keys]
                keys.update(c.key for c in child.children)
        frame.target[:] = merged + own

    def _place(self, frame: _Frame, at: int) -> tuple[str, int]:
        """The key of the next value, and the offset of that key."""
        return frame.key or "", frame.key_at if frame.node is not None else at

    def _end_value(self, frame: _Frame) -> None:
        """Finish a value: the next event of a mapping is a key."""
        if frame.node is not None:
            frame.key, frame.void = None, False

    def _add(self, frame: _Frame, node: Node) -> None:
        self.count += 1
        if self.count > MAX_NODES:
            self.give_up(f"more than {MAX_NODES:,} fields, the limit", node.value_offset)
        if not frame.void:
            frame.target.append(node)

    def _tagged(self, event: Any, at: int) -> bool:
        """Report a tag; return True, to treat a tagged scalar as quoted."""
        length = len(self.source.text[at : at + 80].split(maxsplit=1)[0])
        self.fault("a tag; the schema sets the types", at, length, "remove the word that begins with '!'")
        return True

    def give_up(self, message: str, at: int, length: int = 1) -> None:
        """Record a fault and stop reading."""
        self.fault(message, at, length)
        raise _TooMuchError

    def fault(self, message: str, at: int, length: int = 1, hint: str | None = None) -> None:
        """Record a fault."""
        self.faults.append(Fault(message, Origin(self.source, at, length), hint))
        if len(self.faults) >= MAX_FAULTS:
            self.faults.append(Fault(f"more than {MAX_FAULTS} faults; the rest was not read"))
            raise _TooMuchError


def _copy(node: Node, key: str, key_at: int, listed: bool) -> Node:
    """Copy a node and its descendants under another key; values keep the positions of the anchor's text."""
    top = Node(key, node.text, None, node.source, key_at, node.value_offset, node.quoted, listed)
    stack = [(node, top)]
    while stack:
        old, new = stack.pop()
        if old.children is not None:
            new.children = []
            for c in old.children:
                child = Node(c.key, c.text, None, c.source, c.offset, c.value_offset, c.quoted, c.listed)
                new.children.append(child)
                stack.append((c, child))
    return top


def _unreadable(char: str) -> str:
    if "\udc80" <= char <= "\udcff":
        return f"byte 0x{ord(char) - 0xDC00:02x} is not UTF-8"
    return f"character U+{ord(char):04X} is not allowed in YAML"


_EXPLAINED: Final = (
    (
        "mapping values are not allowed",
        "unexpected ':'",
        "check the indentation of the line above, or put a string with ': ' in quotes",
    ),
    (
        "while parsing a block collection",
        "expected '-' (the next element) here",
        "indent all elements of the list alike",
    ),
    ("while parsing a block mapping", "expected a field here", "indent all fields of the message alike"),
)
"""The beginnings of both parsers' messages, with our message and hint for each."""


def _syntax_fault(source: Source, error: yaml.MarkedYAMLError) -> Fault:
    """Turn an error of the parser into a fault; common mistakes have their own messages and hints."""
    problem, mark, context = str(error.problem), error.problem_mark, error.context_mark
    at = mark.index if mark else 0
    char = source.text[at : at + 1]
    before = source.text[source.text.rfind("\n", 0, at) + 1 : at]
    if (char == "\t" or "tab character" in problem) and not before.strip():
        return Fault("a tab in the indentation", Origin(source, at), "replace it by spaces")
    if "quoted scalar" in str(error.context) and "end of" in problem and context:
        return Fault("this string has no closing quote", Origin(source, context.index))
    if "expected ':'" in problem and context:
        return Fault("a ':' is missing after this", Origin(source, context.index), "write 'name: value'")
    if "cannot start any token" in problem:
        hint = f"put a string that begins with {char!r} in quotes" if char.isprintable() else None
        return Fault(f"expected a value, found {char!r}", Origin(source, at), hint)
    if "flow" in str(error.context) and context:
        opened = source.text[context.index : context.index + 1]
        line = source.position(context.index).line
        closer = {"[": "]", "{": "}"}.get(opened)
        if closer:
            hint = f"the '{opened}' is on line {line}"
            if source.text[at - 1 : at + 1] == "${" or "${" in before:
                hint = 'put an expression inside { } or [ ] in quotes: "${…}"'
            return Fault(f"expected ',' or '{closer}' here", Origin(source, at), hint)
    for start, message, hint in _EXPLAINED:
        if problem.startswith(start) or str(error.context).startswith(start):
            quote = 'put an expression that has ": " in it in quotes: "${…}"'
            return Fault(message, Origin(source, at), quote if "${" in before else hint)
    return Fault(problem, Origin(source, at))
