"""Operations on node trees for the upgrades."""

from __future__ import annotations

from layerzoo.nodes import ExpandedNode, Node


def new_node(
    node: Node, key: str, text: str | None = None, children: list[Node] | None = None, *, quoted: bool = False
) -> Node:
    """Create a node at the position of ``node``: a scalar if ``text`` is given, else a message."""
    if text is None and children is None:
        children = []
    if node.call is None:
        return Node(key, text, children, node.source, node.offset, node.value_offset, quoted)
    new = ExpandedNode(key, text, children, node, node.call)
    new.quoted, new.listed = quoted, False
    return new


def text_of(node: Node, key: str) -> str:
    """The text of a scalar child; empty if there is none."""
    child = node.first(key)
    return (child.text if child is not None else None) or ""


def message_in(node: Node, key: str, like: Node) -> Node:
    """The child message of a key; if there is none, a new one at the position of ``like`` is added."""
    message = node.first(key)
    if message is None or message.children is None:
        message = new_node(like, key)
        assert node.children is not None
        node.children.append(message)
    return message


def put(message: Node, node: Node) -> None:
    """Set a singular field of a message, replacing one of the same key; no effect on a scalar."""
    if message.children is None:
        return
    message.children = [child for child in message.children if child.key != node.key]
    message.children.append(node)


def count(number: int, thing: str) -> str:
    """A number with its noun: ``1 layer``, ``2 layers``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
