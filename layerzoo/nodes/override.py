"""Overrides: ``-set path=value`` arguments, which change a node tree before it is bound.

A path consists of field names, ``convolution_param.num_output``. ``layer[conv1]`` selects all layers of that
name, ``layer[conv1,TRAIN]`` those of them that are part of the phase, ``stepvalue[0]`` an element of a list.
The value is a scalar, a string in quotes, a message ``{type: xavier}`` or a list ``[0, 1]``. It replaces all
nodes that the path selects; missing messages and fields are added.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from layerzoo.errors import ConfigError, Fault, did_you_mean, nearest
from layerzoo.nodes import MAX_BYTES, MAX_DEPTH, Node, prototxt
from layerzoo.source import Origin, Source

ARGUMENT: Final = "-set"
"""The name of an argument's source in messages."""
_SEGMENT: Final = re.compile(r"([A-Za-z_]\w*)(?:\[([^\]]*)\])?")
_EQUALS: Final = re.compile(r"\s*=")
_PHASES: Final = {"TRAIN": {"TRAIN", "0"}, "TEST": {"TEST", "1"}}


class Segment(NamedTuple):
    """One step of a path.

    Attributes:
        key: the field.
        selector: the name or index in brackets; None without brackets.
        phase: ``TRAIN`` or ``TEST`` if the brackets have one, else None.
        offset, length: its position in the argument.
    """

    key: str
    selector: str | None
    phase: str | None
    offset: int
    length: int


@dataclass(frozen=True)
class Override:
    """A parsed ``-set`` argument.

    Attributes:
        source: the argument.
        path: its steps, at least one.
        value_offset: the offset of the value.
    """

    source: Source
    path: tuple[Segment, ...]
    value_offset: int

    @property
    def inner(self) -> Override:
        """The override without the first step of its path."""
        return Override(self.source, self.path[1:], self.value_offset)

    def apply(self, root: Node, faults: list[Fault]) -> None:
        """Change the tree ``root``; a step that selects nothing is added to ``faults``."""
        parents = [root]
        for segment in self.path[:-1]:
            parents = [child for parent in parents for child in self._enter(parent, segment, faults)]
        syntax = faults
        for parent in parents:
            self._put(parent, self.path[-1], faults, syntax)
            syntax = []  # all parents get the same value, so its faults are reported once

    def origin(self, segment: Segment) -> Origin:
        """The position of a step."""
        return Origin(self.source, segment.offset, segment.length)

    def _enter(self, parent: Node, segment: Segment, faults: list[Fault]) -> list[Node]:
        """The messages that a step selects; a missing message is added."""
        nodes = self._selected(parent, segment, faults)
        if nodes is None:
            nodes = [self._message(parent, segment)]
        elif len(nodes) > 1 and segment.selector is None:
            named = " or by name" if nodes[0].first("name") else ""
            hint = f"select one by index, '{segment.key}[0]'{named}"
            message = f"there are {len(nodes)} of '{segment.key}'"
            faults.append(Fault(message, self.origin(segment), hint))
            return []
        scalars = [node for node in nodes if node.children is None]
        if scalars:
            faults.append(Fault(f"'{segment.key}' is a scalar and has no fields", self.origin(segment)))
        return [node for node in nodes if node.children is not None]

    def _message(self, parent: Node, segment: Segment) -> Node:
        """Add an empty message to ``parent``."""
        node = Node(segment.key, None, [], self.source, segment.offset, self.value_offset)
        assert parent.children is not None
        parent.children.append(node)
        return node

    def _put(self, parent: Node, segment: Segment, faults: list[Fault], syntax: list[Fault]) -> None:
        """Replace the nodes that the last step selects by the value."""
        old = self._selected(parent, segment, faults)
        children = parent.children
        if old == [] or children is None:
            return
        gone = {id(node) for node in old or ()}
        at = next((i for i, child in enumerate(children) if id(child) in gone), len(children))
        rest = [child for child in children if id(child) not in gone]
        children[:] = [*rest[:at], *self._value(segment, syntax), *rest[at:]]

    def _selected(self, parent: Node, segment: Segment, faults: list[Fault]) -> list[Node] | None:
        """The children that a step selects; None if there are none and the step has no brackets."""
        nodes = parent.all(segment.key)
        if segment.selector is None:
            return nodes or None
        selector = segment.selector
        matches = [node for node in nodes if _name(node) == selector]
        if not matches and selector.isdecimal() and int(selector) < len(nodes):
            matches = [nodes[int(selector)]]
        of_phase = [node for node in matches if segment.phase is None or _has_phase(node, segment.phase)]
        if not of_phase:
            if matches:
                message, hint = f"no '{segment.key}' named '{selector}' in phase {segment.phase}", None
            elif selector.isdecimal() or not any(_name(node) for node in nodes):
                message = f"'{segment.key}[{selector}]' does not exist"
                hint = f"there are {len(nodes)}, counted from 0" if nodes else f"no '{segment.key}' is set"
            else:
                message = f"no '{segment.key}' is named '{selector}'"
                hint = did_you_mean(nearest(selector, [name for node in nodes if (name := _name(node))], 3))
            faults.append(Fault(message, self.origin(segment), hint))
        return of_phase

    def _value(self, segment: Segment, faults: list[Fault]) -> list[Node]:
        """The value as nodes."""
        key, offset, at = segment.key, segment.offset, self.value_offset
        text = self.source.text[at:]
        if text[0] in "{[<\"'":
            return prototxt.read_value(self.source, key, offset, at, faults)
        return [Node(key, text.rstrip(), None, self.source, offset, at)]


def parse(argument: str) -> Override:
    """Parse a ``path=value`` argument.

    Raises:
        ConfigError: it is malformed.
    """
    source = Source(ARGUMENT, argument, bare_strings=True)
    path: list[Segment] = []
    at = 0
    while True:
        m = _SEGMENT.match(argument, at)
        if m is None:
            raise _malformed(source, at, "a field name")
        name, _, phase = (m[2] or "").rpartition(",")
        if not name or phase.strip() not in _PHASES:
            name, phase = m[2] or "", ""
        selector = name.strip().strip("\"'") if m[2] is not None else None
        path.append(Segment(m[1], selector, phase.strip() or None, at, m.end() - at))
        if len(path) > MAX_DEPTH:
            raise _malformed(source, at, f"at most {MAX_DEPTH} steps")
        at = m.end()
        if equals := _EQUALS.match(argument, at):
            at = equals.end() - 1
            break
        if argument[at : at + 1] != ".":
            raise _malformed(source, at, "'.' and a field name, or '=' and a value")
        at += 1
    value = argument[at + 1 :]
    if not value.strip():
        raise _malformed(source, at + 1, "a value after '=' (an empty string is \"\")")
    if len(value) > MAX_BYTES:
        raise _malformed(source, at + 1, f"at most {MAX_BYTES:,} characters")
    return Override(source, tuple(path), at + 1 + len(value) - len(value.lstrip()))


def _malformed(source: Source, at: int, expected: str) -> ConfigError:
    hint = "examples: base_lr=0.1, net.layer[conv1].convolution_param.num_output=32"
    return ConfigError(Fault(f"expected {expected}", Origin(source, at), hint))


def _name(node: Node) -> str | None:
    child = node.first("name")
    return child.text if child is not None else None


def _has_phase(layer: Node, phase: str) -> bool:
    """Whether a layer is part of a phase, judged by its rules about phases alone."""
    include = layer.all("include")
    if include:
        return any(_phase(rule) in {None, phase} for rule in include)
    return not any(_phase(rule) == phase and len(rule.children or ()) == 1 for rule in layer.all("exclude"))


def _phase(rule: Node) -> str | None:
    """The phase of a rule; None if the rule has none, empty if it is invalid."""
    child = rule.first("phase")
    return None if child is None else next((p for p, names in _PHASES.items() if child.text in names), "")
