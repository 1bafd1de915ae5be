"""Upgrade a text and bind the result."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.message import Message

from layerzoo.binding import bind
from layerzoo.errors import Fault
from layerzoo.legacy import upgrade_net
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
    """The net of an upgraded text, and the notes of the upgrade."""
    root = tree(text)
    done = upgrade_net(root)
    return bound(root, NetParameter()), done
