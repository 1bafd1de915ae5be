"""The node of the layer that is being checked, for layers that build graphs of subnets themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from layerzoo.nodes import Node

_NODE: ContextVar[Node | None] = ContextVar("node", default=None)


@contextmanager
def at(node: Node | None) -> Iterator[None]:
    """A block that checks the layer of a node of the config; None for a message built in memory."""
    token = _NODE.set(node)
    try:
        yield
    finally:
        _NODE.reset(token)


def node_here() -> Node | None:
    """The node of the layer that is being checked; None if there is none."""
    return _NODE.get()
