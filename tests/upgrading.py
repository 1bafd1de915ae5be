"""Upgrading a text and binding what comes out."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.message import Message

from layerzoo.errors import Fault
from layerzoo.legacy import upgrade_net
from layerzoo.loader.binder import bind
from layerzoo.nodes import Node, prototxt
from layerzoo.schema import NetParameter
from layerzoo.source import Source

M = TypeVar("M", bound=Message)


def tree(text: str) -> Node:
    faults: list[Fault] = []
    root = prototxt.read(Source("old.prototxt", text), faults)
    assert not faults
    return root


def bound(root: Node, message: M) -> M:
    faults: list[Fault] = []
    bind(root, message, faults)
    assert not faults, faults[0]
    return message


def upgraded(text: str) -> tuple[NetParameter, list[str]]:
    """The net that an old text is today, and what was done to it."""
    root = tree(text)
    done = upgrade_net(root)
    return bound(root, NetParameter()), done
