"""A part of a config on its own, such as the text of a ``transform_param``."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.message import Message

from layerzoo.binding import bind
from layerzoo.errors import ConfigError, Fault
from layerzoo.nodes import prototxt
from layerzoo.source import Source

M = TypeVar("M", bound=Message)


def parse_part(text: str, message: M, name: str) -> M:
    """Set the fields of a message from a text in prototxt, and return it.

    Args:
        text: the fields, such as ``mirror: true crop_size: 24``.
        message: what they are set in.
        name: what faults call the text.

    Raises:
        ConfigError: the text has faults.
    """
    faults: list[Fault] = []
    root = prototxt.read(Source(name, text), faults)
    if not faults:
        bind(root, message, faults)
    if faults:
        raise ConfigError(faults)
    return message
