"""Read the fields of a message of a plan from its node, and collect faults with their positions."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from layerzoo.errors import Fault, did_you_mean, nearest
from layerzoo.nodes import Node

_TRUE, _FALSE = ("true", "True"), ("false", "False")


class Fields:
    """The fields of a node.

    Args:
        node: the message.
        what: its name in faults.
        known: the fields that it may have.
        faults: receives the faults, those of unknown fields at once.
    """

    def __init__(self, node: Node, what: str, known: Sequence[str], faults: list[Fault]) -> None:
        self.node, self._faults = node, faults
        for child in node.children or ():
            if child.key not in known:
                hint = did_you_mean(nearest(child.key, known)) or f"the fields are {', '.join(known)}"
                self.fault(f"unknown field '{child.key}' in {what}", child, hint)

    def fault(self, message: str, node: Node | None = None, hint: str | None = None) -> None:
        """Add a fault at a node's key; without a node, at this message."""
        node = node or self.node
        first = node if node.key or not node.children else node.children[0]
        self._faults.append(Fault(message, first.origin, hint))

    def bad_value(self, node: Node, expected: str) -> None:
        """Add a fault at a node's value."""
        received = f"'{node.text}'" if node.text is not None else "fields"
        self._faults.append(Fault(f"{node.key}: expected {expected}, got {received}", node.value_origin))

    def one(self, key: str) -> Node | None:
        """The node of a field that is no list; None without it."""
        nodes = self.node.all(key)
        if len(nodes) > 1 or (nodes and nodes[0].listed):
            self.fault(f"'{key}' takes one value, not a list", nodes[0])
        return nodes[0] if nodes else None

    def message(self, key: str) -> Node | None:
        """The node of a field that has fields; None without it, or if it is a scalar."""
        node = self.one(key)
        if node is not None and node.children is None:
            self.bad_value(node, "fields, 'name: value'")
            return None
        return node

    def text(self, key: str) -> str:
        """A text; empty without it."""
        node = self.one(key)
        if node is None:
            return ""
        if node.text is None or not node.text.strip():
            self.bad_value(node, "a text")
        return node.text or ""

    def texts(self, key: str) -> list[Node]:
        """The scalars of a list, or one alone."""
        nodes = self.node.all(key)
        for node in nodes:
            if node.text is None:
                self.bad_value(node, "a text; a message goes in quotes, '{type: xavier}'")
        return [node for node in nodes if node.text is not None]

    def choice(self, key: str, choices: Sequence[str], default: str) -> str:
        """One of several words."""
        node = self.one(key)
        if node is None:
            return default
        if node.text is None or node.text not in choices:
            self.bad_value(node, " or ".join((", ".join(choices[:-1]), choices[-1])))
            return default
        return node.text

    def switch(self, key: str) -> bool:
        """True or false; false without it."""
        node = self.one(key)
        if node is not None and node.text not in (*_TRUE, *_FALSE):
            self.bad_value(node, "true or false")
        return node is not None and node.text in _TRUE

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        """A whole number between two limits."""
        node = self.one(key)
        if node is None:
            return default
        number = _number(node)
        if number is None or number != int(number) or not low <= number <= high:
            self.bad_value(node, f"a whole number from {low} to {high:,}")
            return default
        return int(node.text or 0) if (node.text or "").lstrip("-").isdecimal() else int(number)

    def number(self, key: str) -> float | None:
        """A finite number; None without it."""
        node = self.one(key)
        return None if node is None else self.number_of(node)

    def number_of(self, node: Node) -> float | None:
        """The value of a node as a finite number; None, with a fault, if it is none."""
        number = _number(node)
        if number is None:
            self.bad_value(node, "a number")
        return number


def _number(node: Node) -> float | None:
    try:
        number = float(node.text or "")
    except ValueError:
        return None
    return number if isfinite(number) else None
