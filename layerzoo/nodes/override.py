"""``-set path=value``: an argument that changes a node tree before it is bound.

A path goes down by field names, ``convolution_param.num_output``; ``layer[conv1]`` means all layers of that
name, ``layer[conv1,TRAIN]`` those of them that the phase has, ``stepvalue[0]`` one of a list, from 0. The
value is a scalar as it stands, or a text in quotes, a message ``{type: xavier}`` or a list ``[0, 1]``. It
replaces all that the path names; what isn't there is added.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from layerzoo.errors import ConfigError, Fault, did_you_mean, nearest
from layerzoo.nodes import MAX_BYTES, Node, prototxt
from layerzoo.source import Origin, Source

ARGUMENT: Final = "-set"
"""What the source of an argument is called."""
_SEGMENT: Final = re.compile(r"([A-Za-z_]\w*)(?:\[([^\]]*)\])?")
_PHASES: Final = {"TRAIN": {"TRAIN", "0"}, "TEST": {"TEST", "1"}}


class Segment(NamedTuple):
    """One step of a path.

    Attributes:
        key: the field.
        selector: which of several: a name or a number; None where no brackets stand.
        phase: ``TRAIN`` or ``TEST`` where the brackets say so.
        offset, length: where it stands in the argument.
    """

    key: str
    selector: str | None
    phase: str | None
    offset: int
    length: int


@dataclass(frozen=True)
class Override:
    """A ``-set`` argument, taken apart.

    Attributes:
        source: the argument.
        path: its steps, at least one.
        value_offset: where the value begins.
    """

    source: Source
    path: tuple[Segment, ...]
    value_offset: int

    @property
    def inner(self) -> Override:
        """The same without its first step."""
        return Override(self.source, self.path[1:], self.value_offset)

    def apply(self, root: Node, faults: list[Fault]) -> None:
        """Change ``root``; what can't be done is added to ``faults``."""
        parents = [root]
        for segment in self.path[:-1]:
            parents = [found for parent in parents for found in self._enter(parent, segment, faults)]
        syntax = faults
        for parent in parents:
            self._put(parent, self.path[-1], faults, syntax)
            syntax = []  # the value is the same for all: its faults are told once

    def origin(self, segment: Segment) -> Origin:
        """Where a step stands."""
        return Origin(self.source, segment.offset, segment.length)

    def _enter(self, parent: Node, segment: Segment, faults: list[Fault]) -> list[Node]:
        """The messages that a step leads to; one that isn't there is made."""
        found = self._selected(parent, segment, faults)
        if found is None:
            found = [self._message(parent, segment)]
        elif len(found) > 1 and segment.selector is None:
            hint = f"say which: '{segment.key}[0]'" + (" or by name" if found[0].first("name") else "")
            message = f"there are {len(found)} of '{segment.key}'"
            faults.append(Fault(message, self.origin(segment), hint))
            return []
        scalars = [node for node in found if node.children is None]
        if scalars:
            faults.append(Fault(f"'{segment.key}' is a value and has no fields", self.origin(segment)))
        return [node for node in found if node.children is not None]

    def _message(self, parent: Node, segment: Segment) -> Node:
        node = Node(segment.key, None, [], self.source, segment.offset, self.value_offset)
        assert parent.children is not None
        parent.children.append(node)
        return node

    def _put(self, parent: Node, segment: Segment, faults: list[Fault], syntax: list[Fault]) -> None:
        """Replace what the last step names by the value."""
        old = self._selected(parent, segment, faults)
        children = parent.children
        if old == [] or children is None:
            return
        old = old or []
        at = next((i for i, child in enumerate(children) if any(child is o for o in old)), len(children))
        kept = [child for child in children if not any(child is o for o in old)]
        children[:] = [*kept[:at], *self._value(segment, syntax), *kept[at:]]

    def _selected(self, parent: Node, segment: Segment, faults: list[Fault]) -> list[Node] | None:
        """The children that a step names; None where it has no brackets and there are none."""
        there = parent.all(segment.key)
        if segment.selector is None:
            return there or None
        wanted = segment.selector
        found = [node for node in there if _name(node) == wanted]
        if not found and wanted.isdecimal() and int(wanted) < len(there):
            found = [there[int(wanted)]]
        of_phase = [node for node in found if segment.phase is None or _has_phase(node, segment.phase)]
        if not of_phase:
            if found:
                message, hint = f"no '{segment.key}' named '{wanted}' in phase {segment.phase}", None
            elif wanted.isdecimal() or not any(_name(node) for node in there):
                message = f"there is no '{segment.key}[{wanted}]'"
                hint = f"it has {len(there)}, counted from 0" if there else f"there is no '{segment.key}'"
            else:
                message = f"no '{segment.key}' is named '{wanted}'"
                hint = did_you_mean(nearest(wanted, [name for node in there if (name := _name(node))], 3))
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
    """Take a ``path=value`` apart.

    Raises:
        ConfigError: it isn't one.
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
        at = m.end()
        if argument[at:].lstrip().startswith("="):
            at = argument.index("=", at)
            break
        if argument[at : at + 1] != ".":
            raise _malformed(source, at, "'.' and a field name, or '=' and a value")
        at += 1
    value = argument[at + 1 :]
    if not value.strip():
        raise _malformed(source, at + 1, "a value after '=' (an empty text is \"\")")
    if len(value) > MAX_BYTES:
        raise _malformed(source, at + 1, f"at most {MAX_BYTES:,} characters")
    return Override(source, tuple(path), at + 1 + len(value) - len(value.lstrip()))


def _malformed(source: Source, at: int, expected: str) -> ConfigError:
    hint = "as in base_lr=0.1 or net.layer[conv1].convolution_param.num_output=32"
    return ConfigError(Fault(f"expected {expected}", Origin(source, at), hint))


def _name(node: Node) -> str | None:
    found = node.first("name")
    return found.text if found is not None else None


def _has_phase(layer: Node, phase: str) -> bool:
    """Whether a layer's rules, as far as they speak of phases, let it stand in a phase."""
    include = layer.all("include")
    if include:
        return any(_phase(rule) in {None, phase} for rule in include)
    return not any(_phase(rule) == phase and len(rule.children or ()) == 1 for rule in layer.all("exclude"))


def _phase(rule: Node) -> str | None:
    """The phase that a rule speaks of, or None."""
    found = rule.first("phase")
    return None if found is None else next((p for p, names in _PHASES.items() if found.text in names), "")
