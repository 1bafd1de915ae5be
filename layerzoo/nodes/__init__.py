"""The node tree: the untyped syntax tree of a config.

Prototxt, YAML, ``-set`` arguments and messages are all read into a tree of `Node`; the upgrade of old formats
rewrites it, and the binder types it. Every node has its position in the text, so that later faults can point
at the line.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from layerzoo.source import CallSite, Origin, Source

MAX_BYTES = 16 * 1024 * 1024
"""The largest text that is read, in bytes; a net of 1,170 layers has 0.3 million bytes."""
MAX_DEPTH = 64
"""The deepest nesting that is read; Caffe's schema needs 6."""
MAX_NODES = 1_000_000
"""The largest number of nodes of a text; a net of 1,170 layers has 20,000."""
MAX_FAULTS = 100
"""Reading stops after this number of syntax faults, since the text is not a config."""


class Node:
    """One ``key: value`` or ``key { … }`` of a config.

    A repeated field has several nodes of the same key. A list (``[a, b]``, or a YAML sequence) is flattened
    into such nodes, each marked ``listed``.

    Attributes:
        key: the field's name as written.
        text: the value of a scalar as written, unescaped if quoted; None for a message.
        children: the fields of a message in the order of the text; None for a scalar.
        source, offset: the position of the key.
        value_offset: the position of the value.
        quoted: the scalar has quotes, so it is a string and not a number or a name.
        listed: it is an element of a list.
        call: the use of the block that it comes from; None outside of blocks.
        written: the text as the file has it, if the value is that of an expression in it; else None.
    """

    __slots__ = ("children", "key", "listed", "offset", "quoted", "source", "text", "value_offset")

    call: CallSite | None = None
    written: str | None = None

    def __init__(
        self,
        key: str,
        text: str | None,
        children: list[Node] | None,
        source: Source,
        offset: int = 0,
        value_offset: int = 0,
        quoted: bool = False,
        listed: bool = False,
    ) -> None:
        self.key = key
        self.text = text
        self.children = children
        self.source = source
        self.offset = offset
        self.value_offset = value_offset
        self.quoted = quoted
        self.listed = listed

    @property
    def origin(self) -> Origin:
        """The position of the key."""
        return Origin(self.source, self.offset, len(self.key) or 1, self.call)

    @property
    def value_origin(self) -> Origin:
        """The position of the value."""
        text = self.text if self.written is None else self.written
        length = 1 if text is None else len(text) + (2 if self.quoted and self.written is None else 0)
        return Origin(self.source, self.value_offset, length or 1, self.call)

    def all(self, key: str) -> list[Node]:
        """The children of a key, in order."""
        return [c for c in self.children or () if c.key == key]

    def first(self, key: str) -> Node | None:
        """The first child of a key, or None."""
        for child in self.children or ():
            if child.key == key:
                return child
        return None

    def find(self, path: str) -> Node | None:
        """The node at a path such as ``convolution_param.kernel_size`` or ``stepvalue[2]``, or None."""
        node: Node | None = self
        for step in path.split("."):
            key, _, index = step.partition("[")
            if node is not None and index:
                node = next(islice(node.all(key), int(index.rstrip("]")), None), None)
            else:
                node = node.first(key) if node is not None else None
        return node

    def walk(self) -> Iterator[Node]:
        """Yield this node and all its descendants, parents first."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            if node.children:
                stack.extend(reversed(node.children))

    def __repr__(self) -> str:
        value = f"{len(self.children)} fields" if self.children is not None else repr(self.text)
        return f"Node({self.key!r}, {value})"


class ExpandedNode(Node):
    """A node that comes from a block or an expression; only these have room for what tells where from.

    Args:
        key, text, children: as of `Node`.
        like: the node at whose place it stands.
        call, written: as of `Node`.
    """

    __slots__ = ("call", "written")

    def __init__(
        self,
        key: str,
        text: str | None,
        children: list[Node] | None,
        like: Node,
        call: CallSite | None,
        written: str | None = None,
    ) -> None:
        self.key = key
        self.text = text
        self.children = children
        self.source = like.source
        self.offset = like.offset
        self.value_offset = like.value_offset
        self.quoted = like.quoted
        self.listed = like.listed
        self.call = call
        self.written = written
