"""Read the fields that decide which layers there will be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from layerzoo.expansion.copying import copied, copied_all
from layerzoo.expansion.scope import Scope
from layerzoo.expressions import OPENING, Value, text_of
from layerzoo.nodes import Node

MAX_LAYERS: Final = 100_000
"""The largest number of layers of an expanded net, uses of blocks counted."""


class TooManyLayersError(Exception):
    """The limit of layers was reached; the fault is recorded."""


def too_many(node: Node, scope: Scope) -> TooManyLayersError:
    """Record that the net has too many layers."""
    scope.fault(f"the net has more than {MAX_LAYERS:,} layers", node.origin, "the limit of an expanded net")
    return TooManyLayersError()


def text_in(node: Node | None, scope: Scope) -> str:
    """The text of a scalar; empty if there is none, or after a fault."""
    if node is None or node.text is None:
        return ""
    if OPENING not in node.text:
        return node.text
    copies = copied(node, scope)
    return copies[0].text or "" if copies else ""


def texts_in(nodes: list[Node], scope: Scope) -> list[str]:
    """The texts of the scalars of a repeated field."""
    return [node.text or "" for node in copied_all(nodes, scope)]


def names_in(nodes: list[Node], scope: Scope) -> list[tuple[Node, str]]:
    """The texts of names, each with the node that it comes from; a message in place of a name has none."""
    names: list[tuple[Node, str]] = []
    for node in nodes:
        text = node.text
        if text is not None and OPENING not in text:
            names.append((node, text))
        elif text is not None and (known := scope.scalars.get(text)) is not None:
            names.append((node, text_of(known)))
        else:
            names += [(copy, copy.text or "") for copy in copied(node, scope)]
    return names


def applies(layer: Node, scope: Scope) -> bool:
    """Whether the layer's ``when`` holds."""
    when = layer.first("when")
    if when is None:
        return True
    value = scope.value(when)
    if value is not None and not isinstance(value, bool):
        hint = "compare it: ${n == 1}, ${n > 0}"
        scope.fault(f"'when' takes true or false, not {value!r:.40}", when.value_origin, hint)
    return value is True


def elements_in(node: Node, scope: Scope, key: str) -> Sequence[Value] | None:
    """The elements of a repetition: of the list ``key``, or the numbers below ``times``; None after a fault.

    Raises:
        TooManyLayersError: there are more than a net may have layers.
    """
    listed, times = node.all(key), node.first("times")
    if listed and times is not None:
        scope.fault(f"both '{key}' and 'times'", times.origin, "give one of them")
        return None
    if times is None and not listed:
        return range(1)
    if times is None:
        values = [value for one in listed if (value := scope.value(one)) is not None]
        if len(listed) == 1 and len(values) == 1 and isinstance(values[0], list | dict):
            return list(values[0])
        return values if len(values) == len(listed) else None
    count = scope.value(times)
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        if count is not None:
            message = f"'times' takes a whole number from 0, not {count!r:.40}"
            scope.fault(message, times.value_origin)
        return None
    if count > MAX_LAYERS:
        raise too_many(times, scope)
    return range(count)
