"""What the values of a run's state must be, so that a snapshot is checked before anything is changed by it.

A snapshot can come from a stranger, and its checksum is no secret. Each part of a run declares its `Fields`::

    fields = {"best": optional(NUMBER), "standing_still": COUNT}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, Final

from layerzoo.errors import SnapshotError

_MAX_LIST: Final = 1_000_000


@dataclass(frozen=True)
class Field:
    """What one value must be.

    Attributes:
        expected: the values that are accepted, for messages.
        accepts: whether a value is one of them.
        required: whether the value may not be missing.
    """

    expected: str
    accepts: Callable[[Any], bool]
    required: bool = True


Fields = Mapping[str, Field]
"""The fields of a state by name."""


def whole(least: int, most: int) -> Field:
    """A whole number of a range."""
    return Field(f"a whole number from {least} to {most}", lambda v: _is_whole(v) and least <= v <= most)


def optional(field: Field) -> Field:
    """A value that may be None."""
    return Field(f"{field.expected}, or null", lambda value: value is None or field.accepts(value))


def if_present(field: Field) -> Field:
    """A value that may be missing."""
    return replace(field, required=False)


def list_of(field: Field) -> Field:
    """A list of values."""
    return Field(
        f"a list, of {field.expected}",
        lambda v: isinstance(v, list) and len(v) <= _MAX_LIST and all(map(field.accepts, v)),
    )


def mapping_of(field: Field) -> Field:
    """A JSON object whose values are of one kind."""
    return Field(
        f"an object with values of {field.expected}",
        lambda v: isinstance(v, Mapping) and all(map(field.accepts, v.values())),
    )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (_is_whole(value) and abs(value) < 2**63)


ITERATION: Final = whole(0, 2**31 - 1)
COUNT: Final = whole(0, 2**63 - 1)
SEED: Final = whole(-(2**63), 2**64 - 1)
FLAG: Final = Field("true or false", lambda value: isinstance(value, bool))
STRING: Final = Field("a string", lambda value: isinstance(value, str))
NUMBER: Final = Field("a number", _is_number)
FINITE: Final = Field("a finite number", lambda value: _is_number(value) and isfinite(value))
POSITIVE: Final = Field("a finite number above 0", lambda v: _is_number(v) and isfinite(v) and v > 0)
OBJECT: Final = Field("an object", lambda value: isinstance(value, Mapping))


def check_state(state: Mapping[str, Any], fields: Fields, what: str) -> None:
    """Check that a state has all fields with values that they accept; others in the state are ignored.

    Args:
        state: values by name.
        fields: the fields.
        what: the file or part, for messages.

    Raises:
        SnapshotError: a field is missing or has another value; names it, with what was received and expected.
    """
    for name, field in fields.items():
        if name not in state:
            if not field.required:
                continue
            raise SnapshotError(f"{what}: '{name}' is missing; expected {field.expected}")
        if not field.accepts(state[name]):
            shown = f"{state[name]!r:.80}".splitlines()[0]
            raise SnapshotError(f"{what}: '{name}' is {shown}; expected {field.expected}")
