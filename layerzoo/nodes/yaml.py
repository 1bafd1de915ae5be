"""YAML, read into the same nodes as prototxt.

Only the parser's events are taken, one at a time: size, depth and aliases are counted before anything is
built, and scalars stay text until the schema types them, so that ``1e-4``, ``on``, ``0777`` and ``1:30`` hold
no surprises. Aliases and ``<<`` are resolved here, by copying; tags are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from layerzoo.errors import Fault
from layerzoo.nodes import MAX_DEPTH, MAX_FAULTS, MAX_NODES, Node
from layerzoo.source import Origin, Source

MAX_ALIASED = 100_000
"""The most nodes that aliases may stand for, all of them together."""

_PARSER: Final[type[Any]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNREADABLE: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_MERGE: Final = "<<"


def read(source: Source, faults: list[Fault]) -> Node:
    """The node tree of a text; what is wrong with it is added to ``faults``.

    After a fault of syntax the tree holds what stood before it.
    """
    root = Node("", None, [], source)
    reader = _Reader(source, faults)
    bad = _UNREADABLE.search(source.text)
    if bad:
        reader.fault(_unreadable(bad[0]), bad.start(), hint="save the file as UTF-8 text")
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
    """The text can't be a config; the fault that says why has been recorded."""


@dataclass(slots=True)
class _Anchor:
    """What an anchor names: one node, or those of a list; not ``whole`` until its end was read."""

    count: int
    is_list: bool = False
    nodes: list[Node] = field(default_factory=list)
    whole: bool = False


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is open.

    Attributes:
        target: where its nodes go.
        node: the message it is; None for a list.
        key: of a list, the field's; of a mapping, that of the value that comes next, or None before a key.
        key_at: where that key stands.
        seen: offsets of the keys so far.
        anchor: what names it.
        void: the value that comes next is dropped, as its key is at fault.
        start: how many nodes ``target`` held before a list.
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
    """The state of one reading.

    Attributes:
        frames: what is open, outermost first.
        count: nodes so far, with those that aliases stand for.
    """

    def __init__(self, source: Source, faults: list[Fault]) -> None:
        self.source, self.faults = source, faults
        self.frames: list[_Frame] = []
        self.anchors: dict[str, _Anchor] = {}
        self.count = self.aliased = 0

    def run(self, root: Node) -> None:
        """Read one document into ``root``.

        Raises:
            yaml.YAMLError: it isn't YAML.
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
        text, quoted = event.value, not event.implicit[0]
        length = max(1, event.end_mark.index - at)
        if event.tag is not None:
            quoted = self._tagged(event, at)
        if not self.frames:
            if not quoted and text in _NULLS:
                return
            self.give_up("expected fields ('name: value'), found only a text", at, length)
        frame = self.frames[-1]
        if frame.node is not None and frame.key is None:
            self._key(frame, text, at, length, quoted)
            return
        key, key_at = self._place(frame, at)
        node = Node(key, text, None, self.source, key_at, at, quoted, listed=frame.node is None)
        if not quoted and text in _NULLS:
            if text:
                self.fault(f"'{text}' is no value", at, length, "leave the field out")
            elif frame.node is None:
                self.fault("an empty element of a list", at)
            else:
                hint = f"leave it out, or write '{key}: {{}}' for a message without fields"
                self.fault(f"'{key}' has no value", key_at, len(key), hint)
        else:
            self._add(frame, node)
            if event.anchor:
                self.anchors[event.anchor] = _Anchor(1, nodes=[node], whole=True)
        self._placed(frame)

    def _key(self, frame: _Frame, text: str, at: int, length: int, quoted: bool) -> None:
        """A key of a mapping; the same key twice is a fault, and its value is dropped."""
        first = frame.seen.setdefault(text, at)
        frame.key, frame.key_at, frame.void = text, at, first != at
        if frame.void:
            line = self.source.position(first).line
            hint = f"first on line {line}; remove one, or give several values as a list, '{text}: [a, b]'"
            self.fault(f"'{text}' is given twice", at, length, hint)

    def _start(self, event: Any, at: int, root: Node) -> None:
        """A mapping or a list begins."""
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
            self.give_up(f"nested more than {MAX_DEPTH} deep; no config needs so much", at)
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
            self.fault("a list inside a list", at, hint=f"the values of '{key}' go in one list")
            target = []
        self.frames.append(_Frame(target, None, key, key_at, anchor=anchor, start=len(target)))

    def _end(self) -> None:
        """A mapping or a list ends."""
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
                outer.key, outer.key_at = "", 0  # this was a key; its value is dropped
            else:
                self._placed(outer)

    def _alias(self, event: Any, at: int) -> None:
        """``*name``: a copy of what ``&name`` stands before."""
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
            problem = "is not defined above" if anchor is None else "stands inside what it names"
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
        self._placed(frame)

    def _merge(self, frame: _Frame) -> None:
        """Replace ``<<`` by the fields of what it names; the mapping's own come first."""
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
        """Key of the value that comes next, and where that key stands."""
        return frame.key or "", frame.key_at if frame.node is not None else at

    def _placed(self, frame: _Frame) -> None:
        """The value has been read: a mapping awaits its next key."""
        if frame.node is not None:
            frame.key, frame.void = None, False

    def _add(self, frame: _Frame, node: Node) -> None:
        self.count += 1
        if self.count > MAX_NODES:
            self.give_up(f"more than {MAX_NODES:,} fields; no config needs so many", node.value_offset)
        if not frame.void:
            frame.target.append(node)

    def _tagged(self, event: Any, at: int) -> bool:
        """Refuse a tag; True, as a tagged scalar is meant as it stands."""
        length = len(self.source.text[at : at + 80].split(maxsplit=1)[0])
        self.fault("a tag; the schema gives types", at, length, "remove the word that begins with '!'")
        return True

    def give_up(self, message: str, at: int, length: int = 1) -> None:
        """Record a fault after which nothing more is read."""
        self.fault(message, at, length)
        raise _TooMuchError

    def fault(self, message: str, at: int, length: int = 1, hint: str | None = None) -> None:
        """Record a fault."""
        self.faults.append(Fault(message, Origin(self.source, at, length), hint))
        if len(self.faults) >= MAX_FAULTS:
            self.faults.append(Fault(f"more than {MAX_FAULTS} faults; the rest was not read"))
            raise _TooMuchError


def _copy(node: Node, key: str, key_at: int, listed: bool) -> Node:
    """A node and all below it, under another key; the copy's own place is that of the anchor's text."""
    top = Node(key, node.text, None, node.source, key_at, node.value_offset, node.quoted, listed)
    stack = [(node, top)]
    while stack:
        old, new = stack.pop()
        if old.children is not None:
            new.children = []
            for c in old.children:
                made = Node(c.key, c.text, None, c.source, c.offset, c.value_offset, c.quoted, c.listed)
                new.children.append(made)
                stack.append((c, made))
    return top


def _unreadable(char: str) -> str:
    if "\udc80" <= char <= "\udcff":
        return f"byte 0x{ord(char) - 0xDC00:02x} is not UTF-8"
    return f"character U+{ord(char):04X} can't stand in YAML"


_EXPLAINED: Final = (
    (
        "mapping values are not allowed",
        "a ':' where no field may begin",
        "is a line above indented wrongly, or a text with ': ' not in quotes?",
    ),
    (
        "while parsing a block collection",
        "expected '-' (the next element) here",
        "are the elements of the list indented alike?",
    ),
    ("while parsing a block mapping", "expected a field here", "is it indented as its neighbours are?"),
)
"""How a complaint of either parser begins, what to say instead, and the hint."""


def _syntax_fault(source: Source, error: yaml.MarkedYAMLError) -> Fault:
    """The parser's complaint in plain words, where it may have meant something common."""
    problem, mark, context = str(error.problem), error.problem_mark, error.context_mark
    at = mark.index if mark else 0
    char = source.text[at : at + 1]
    before = source.text[source.text.rfind("\n", 0, at) + 1 : at]
    if (char == "\t" or "tab character" in problem) and not before.strip():
        return Fault("a tab; YAML is indented with spaces", Origin(source, at), "replace the tab by spaces")
    if "quoted scalar" in str(error.context) and "end of" in problem and context:
        return Fault("this text has no closing quote", Origin(source, context.index))
    if "expected ':'" in problem and context:
        return Fault("a ':' is missing after this", Origin(source, context.index), "write 'name: value'")
    if "cannot start any token" in problem:
        hint = f"a text that begins with {char!r} needs quotes" if char.isprintable() else None
        return Fault(f"{char!r} where a value should begin", Origin(source, at), hint)
    if "flow" in str(error.context) and context:
        opened = source.text[context.index : context.index + 1]
        line = source.position(context.index).line
        closer = {"[": "]", "{": "}"}.get(opened)
        if closer:
            hint = f"the '{opened}' is on line {line}"
            return Fault(f"expected ',' or '{closer}' here", Origin(source, at), hint)
    for start, message, hint in _EXPLAINED:
        if problem.startswith(start) or str(error.context).startswith(start):
            return Fault(message, Origin(source, at), hint)
    return Fault(problem, Origin(source, at))
