"""The differences of two messages, field by field; an unset field has its default."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from google.protobuf.message import Message

from layerzoo.loader.emit import scalar_text
from layerzoo.schema import Field, fields, message_class

Kind = Literal["changed", "added", "removed", "renamed", "moved", "blob renamed"]

_MOST: Final = 12
"""The largest number of elements of a list that is shown."""
_LONGEST: Final = 200
_PADDED: Final = frozenset({"LayerParameter.param"})
"""Repeated messages of which a missing last element means the same as one with defaults."""


@dataclass(frozen=True)
class Change:
    """One difference.

    Attributes:
        kind: what has happened.
        path: of a changed field, its path in the layer, net or solver.
        old, new: the values as text; of layers, their names or places. None for nothing.
        net: the net of a solver, by the field that names it; empty for a net that is compared by itself.
        layer: the name of the layer, in the second net unless it was removed; empty outside layers.
        type: the type of that layer.
        phase: the phase to which its rules restrict it; empty if they don't.
        places: where the layer stands, ``file:line`` in both configs.
    """

    kind: Kind
    path: str = ""
    old: str | None = None
    new: str | None = None
    net: str = ""
    layer: str = ""
    type: str = ""
    phase: str = ""
    places: tuple[str, ...] = ()


def changes_of(old: Message, new: Message, skip: Collection[str] = (), path: str = "") -> Iterator[Change]:
    """The fields in which two messages of a kind differ, in the order of the schema.

    Args:
        old, new: the messages.
        skip: names of fields that are not compared.
        path: the path of the messages.
    """
    if old == new:
        return
    for name, field in fields(type(old)).items():
        if name not in skip:
            yield from _of_field(field, old, new, f"{path}.{name}" if path else name)


def _of_field(field: Field, old: Message, new: Message, path: str) -> Iterator[Change]:
    ours, theirs = field.of(old), field.of(new)
    if field.message is None and field.repeated:
        if list(ours) != list(theirs):
            yield Change("changed", path, _list_text(field, ours), _list_text(field, theirs))
    elif field.message is None:
        before, after = _is_set(field, old), _is_set(field, new)
        if before or after:
            unequal = scalar_text(field, ours) != scalar_text(field, theirs)  # so that nan is equal to nan
            if unequal or (before != after and field.default is None and not field.required):
                yield Change("changed", path, _text(field, ours, before), _text(field, theirs, after))
    elif not field.repeated:
        if _is_set(field, old) or _is_set(field, new):
            yield from changes_of(ours, theirs, path=path)
    else:
        yield from _of_messages(field, ours, theirs, path)


def _of_messages(field: Field, old: Any, new: Any, path: str) -> Iterator[Change]:
    """The differences of the elements of a repeated message."""
    assert field.message is not None
    empty = message_class(field.message)()
    for index in range(max(len(old), len(new))):
        at = f"{path}[{index}]"
        if (index < len(old) and index < len(new)) or field.full_name in _PADDED:
            ours = old[index] if index < len(old) else empty
            theirs = new[index] if index < len(new) else empty
            yield from changes_of(ours, theirs, path=at)
        elif index < len(old):
            yield Change("removed", at, message_text(old[index]), None)
        else:
            yield Change("added", at, None, message_text(new[index]))


def message_text(message: Message) -> str:
    """A message on one line, as prototxt, shortened."""
    text = _message_text(message)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _message_text(message: Message) -> str:
    parts = []
    for field in fields(type(message)).values():
        value = field.of(message)
        if field.repeated and field.message is None and len(value):
            parts.append(f"{field.name}: {_list_text(field, value)}")
        elif field.message is not None and (field.repeated or _is_set(field, message)):
            parts += [f"{field.name} {_message_text(one)}" for one in (value if field.repeated else [value])]
        elif not field.repeated and _is_set(field, message):
            parts.append(f"{field.name}: {scalar_text(field, value)}")
        if sum(map(len, parts)) > _LONGEST:
            break
    return f"{{ {' '.join(parts)} }}" if parts else "{}"


def _is_set(field: Field, message: Message) -> bool:
    key: Any = field.extension  # the stubs accept only extensions of generated code
    return message.HasField(field.name) if key is None else bool(message.HasExtension(key))


def _text(field: Field, value: Any, is_set: bool) -> str:
    if is_set:
        text = scalar_text(field, value)
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return "unset" if field.default is None else f"{scalar_text(field, value)} (default)"


def _list_text(field: Field, values: Any) -> str:
    """A list, its first elements if it is long; of one element, the element."""
    if not len(values):
        return "unset"
    if len(values) == 1:
        return _text(field, values[0], True)
    texts = [_text(field, value, True) for value in values[:_MOST]]
    more = f", … {len(values):,} values" if len(values) > _MOST else ""
    return f"[{', '.join(texts)}{more}]"
