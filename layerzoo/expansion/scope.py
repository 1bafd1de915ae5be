"""What an expression can see: the values of names, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from layerzoo.errors import Fault
from layerzoo.expressions import (
    OPENING,
    ExpressionError,
    Steps,
    Template,
    TooManyStepsError,
    Value,
    folded,
    name_of,
    split,
    text_of,
)
from layerzoo.nodes import ExpandedNode, Node
from layerzoo.source import CallSite, Origin

SHAPES: Final = "bottom"
"""The name of a layer's bottoms, whose shapes are known only while the net is wired."""
MAX_FAULTS: Final = 1000
"""Expansion stops after this number of faults."""
_KEPT: Final = 300
"""The length of texts whose expressions are kept, since they are usually used again."""
_split = lru_cache(maxsize=4096)(split)


class StoppedError(Exception):
    """Expansion can't go on; the fault that says why is recorded."""


class Scope:
    """The values that the expressions of a block can refer to.

    Attributes:
        values: the constants, parameters and variables by name.
        faults: receives the faults of expressions.
        steps: counts the operations of all expressions of the config.
        call: the use of the block; None outside of blocks.
        scalars: the values of texts that were evaluated here, without lists and maps.
    """

    def __init__(
        self, values: Mapping[str, Value], faults: list[Fault], steps: Steps, call: CallSite | None = None
    ) -> None:
        self.values, self.faults, self.steps, self.call = values, faults, steps, call
        self.scalars: dict[str, int | float | bool | str] = {}

    def inside(self, values: Mapping[str, Value], call: CallSite | None) -> Scope:
        """The scope of a block that sees only these values."""
        return Scope(values, self.faults, self.steps, call)

    def having(self, **values: Value) -> Scope:
        """This scope with further values."""
        return Scope({**self.values, **values}, self.faults, self.steps, self.call)

    def fault(self, message: str, origin: Origin, hint: str | None = None) -> None:
        """Record a fault of the block.

        Raises:
            StoppedError: there are `MAX_FAULTS`.
        """
        self.faults.append(Fault(message, origin._replace(call=self.call), hint))
        if len(self.faults) >= MAX_FAULTS:
            self.faults.append(Fault(f"more than {MAX_FAULTS} faults; the rest was not expanded"))
            raise StoppedError

    def value(self, node: Node) -> Value | None:
        """The value of a node: that of its expression, or what it says; None after a fault."""
        if node.children is not None:
            return self.map_of(node)
        text = node.text or ""
        if OPENING not in text:
            return _plain(node)
        return self.evaluated(node)

    def evaluated(self, node: Node) -> Value | None:
        """The value of a text with expressions; None after a fault."""
        text = node.text or ""
        if text in self.scalars:
            return self.scalars[text]
        template = self._template(node)
        if template is None:
            return None
        try:
            value = template.value(self.values, self.steps)
            if not isinstance(value, list | dict):
                self.scalars[text] = value
            return value
        except ExpressionError as error:
            self._expression_fault(node, error)
            return None

    def known(self, node: Node) -> Value | None:
        """The value of a text whose expressions are over known names; None if one isn't, or after a fault."""
        value = self.scalars.get(node.text or "")
        if value is not None:
            return value
        template = self._template(node, quiet=True)
        if template is None or not template.names <= self.values.keys():
            return None
        return self.evaluated(node)

    def by_shape(self, node: Node) -> str | None:
        """The text of an expression over shapes of bottoms, with all other values in it; None for another."""
        template = self._template(node, quiet=True)
        if template is None or SHAPES in self.values or SHAPES not in template.names:
            return None
        if template.whole is None:
            hint = "let an expression be the whole value of a field that takes a number"
            self.fault("a shape may only stand in a number of a layer", node.value_origin, hint)
            return ""
        try:
            unknown = [n for n in template.whole.names() if n.name != SHAPES and n.name not in self.values]
            if unknown:
                template.value({**self.values, SHAPES: []}, self.steps)
            return f"${{{folded(template.whole, self.values, self.steps)}}}"
        except ExpressionError as error:
            self._expression_fault(node, error)
            return ""

    def map_of(self, message: Node) -> dict[str, Value]:
        """The values of a message's fields by name; a repeated field, or one written as a list, is a list."""
        result: dict[str, Value] = {}
        lists: dict[str, list[Value]] = {}
        for child in message.children or ():
            value = self.value(child)
            if value is None:
                continue
            if child.key in result:
                first = result[child.key]
                several = lists.setdefault(child.key, first if isinstance(first, list) else [first])
                several.append(value)
                result[child.key] = several
            elif child.listed:
                result[child.key] = lists[child.key] = [value]
            else:
                result[child.key] = value
        return result

    def _template(self, node: Node, quiet: bool = False) -> Template | None:
        text = node.text or ""
        try:
            return _split(text) if len(text) <= _KEPT else split(text)
        except ExpressionError as error:
            if not quiet:
                self._expression_fault(node, error)
            return None

    def _expression_fault(self, node: Node, error: ExpressionError) -> None:
        """Point to the faulty part of an expression, or to the whole value where escapes moved it."""
        origin = node.value_origin
        at = node.value_offset + node.quoted + error.at
        written = (node.text or "")[error.at : error.at + error.length]
        if node.source.text[at : at + error.length] == written:
            origin = Origin(node.source, at, error.length)
        self.fault(error.message, origin, error.hint)
        if isinstance(error, TooManyStepsError):
            raise StoppedError


def scalar_of(value: int | float | bool | str, like: Node, scope: Scope) -> Node:
    """The node of a scalar, at the place of the node that has its expression."""
    text, quoted = (value, True) if isinstance(value, str) else (text_of(value), False)
    node = ExpandedNode(like.key, text, None, like, scope.call, like.text)
    node.quoted = quoted
    return node


def nodes_of(value: Value, like: Node, scope: Scope) -> list[Node]:
    """The nodes of a value, at the place of the node that has its expression."""
    if isinstance(value, list):
        nodes = [_node(one, like, scope) for one in value]
        for node in nodes:
            node.listed = True
        return nodes
    return [_node(value, like, scope)]


def _node(value: Value, like: Node, scope: Scope) -> Node:
    node = ExpandedNode(like.key, None, None, like, scope.call, like.text)
    node.quoted = False
    if isinstance(value, dict):
        node.children = []
        for key, inner in value.items():
            place = Node(key, like.text, None, like.source, like.value_offset, like.value_offset)
            node.children += nodes_of(inner, place, scope)
    elif isinstance(value, list):
        scope.fault(f"{name_of(value)} inside a list", like.value_origin, "a field takes one list")
        node.text = ""
    else:
        node.text, node.quoted = text_of(value), isinstance(value, str)
    return node


def _plain(node: Node) -> Value:
    """The value of a text without expressions, by its look; in quotes it is a string."""
    text = node.text or ""
    if node.quoted:
        return text
    if text in {"true", "false"}:
        return text == "true"
    try:
        return int(text) if len(text) < 20 else text
    except ValueError:
        pass
    try:
        return float(text) if text[-1:].isdigit() or text[-1:] == "." else text
    except ValueError:
        return text
