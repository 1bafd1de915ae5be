"""What upgrades do to node trees."""

from __future__ import annotations

from layerzoo.nodes import Node


def made_of(
    node: Node, key: str, text: str | None = None, children: list[Node] | None = None, *, quoted: bool = False
) -> Node:
    """A new node that stands where ``node`` stands: a scalar if it has ``text``, else a message."""
    if text is None and children is None:
        children = []
    return Node(key, text, children, node.source, node.offset, node.value_offset, quoted)


def text_of(node: Node, key: str) -> str:
    """The text of a scalar child; empty where there is none."""
    child = node.first(key)
    return (child.text if child is not None else None) or ""


def message_in(node: Node, key: str, like: Node) -> Node:
    """The child message of that key; where there is none, a new one at the place of ``like``."""
    found = node.first(key)
    if found is None or found.children is None:
        found = made_of(like, key)
        assert node.children is not None
        node.children.append(found)
    return found


def put(message: Node, node: Node) -> None:
    """Give a message a singular field, in place of the one it has; a scalar is left as it is."""
    if message.children is None:
        return
    message.children = [child for child in message.children if child.key != node.key]
    message.children.append(node)


def count(number: int, thing: str) -> str:
    """``1 layer``, ``2 layers``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
