"""Copy nodes with values in the places of expressions."""

from __future__ import annotations

from layerzoo.expansion.scope import Scope, nodes_of, scalar_of
from layerzoo.expressions import OPENING
from layerzoo.nodes import ExpandedNode, Node


def copied(node: Node, scope: Scope) -> list[Node]:
    """The copies of a node in a scope: several where an expression's value is a list, none after a fault.

    An expression over the shapes of bottoms stays one, with all other values in it.
    """
    text = node.text
    if text is None:
        copy = _like(node, None, scope)
        copy.children = copied_all(node.children or (), scope)
        return [copy]
    if OPENING not in text:
        return [_like(node, text, scope)]
    known = scope.scalars.get(text)
    if known is not None:
        return [scalar_of(known, node, scope)]
    value = scope.known(node)
    if value is not None:
        return nodes_of(value, node, scope)
    open_text = scope.by_shape(node)
    if open_text is not None:
        copy = _like(node, open_text, scope)
        copy.quoted, copy.written = False, text
        return [copy] if open_text else []
    value = scope.evaluated(node)
    return [] if value is None else nodes_of(value, node, scope)


def copied_all(nodes: list[Node] | tuple[Node, ...], scope: Scope) -> list[Node]:
    """The copies of several nodes."""
    return [copy for node in nodes for copy in copied(node, scope)]


def scalar(key: str, text: str, like: Node, scope: Scope) -> Node:
    """A string at the place of another node."""
    node = _like(like, text, scope)
    node.key, node.quoted, node.children = key, True, None
    node.written = like.text if like.written is None else like.written
    return node


def message(key: str, children: list[Node], like: Node, scope: Scope) -> Node:
    """A message at the place of another node."""
    node = _like(like, None, scope)
    node.key, node.children, node.listed = key, children, False
    return node


def _like(node: Node, text: str | None, scope: Scope) -> ExpandedNode:
    return ExpandedNode(node.key, text, None, node, scope.call)
