"""Compute the numbers of a layer that its config gives as expressions over the shapes of its bottoms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from layerzoo.errors import LayerFault
from layerzoo.expressions import Expression, ExpressionError, Value, evaluate, parse
from layerzoo.graph.facts import Shape
from layerzoo.schema import Field, LayerParameter, fields

_STEP: Final = re.compile(r"(\w+)(?:\[(\d+)\])?")


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Expression:
    return parse(text)[0]


def set_by_shape(layer: LayerParameter, shapes: Sequence[Shape]) -> None:
    """Set the numbers of a layer that depend on shapes.

    Args:
        layer: the layer's message, changed in place.
        shapes: the shapes of its bottoms.

    Raises:
        LayerFault: an expression has no value, or one that its field can't have.
    """
    values: dict[str, Value] = {"bottom": [{"shape": list(shape)} for shape in shapes]}
    for number in layer.by_shape:
        try:
            value = evaluate(_parsed(number.value), values)
        except ExpressionError as error:
            hint = error.hint or f"the expression is {number.value}"
            raise LayerFault(error.message, field=_key(number.field), hint=hint) from error
        _set(layer, number.field, value, number.value)
    layer.ClearField("by_shape")


def _set(layer: LayerParameter, path: str, value: Value, written: str) -> None:
    """Set a field by its path."""
    message: Any = layer
    steps = _STEP.findall(path)
    for name, index in steps[:-1]:
        message = fields(message.DESCRIPTOR)[name].of(message)
        if index:
            message = message[int(index)]
    name, index = steps[-1]
    field = fields(message.DESCRIPTOR)[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise LayerFault(f"'{written}' is not a number", field=_key(path))
    number = _fitting(field, value, path, written)
    if index:
        getattr(message, name)[int(index)] = number
    else:
        setattr(message, name, number)


def _fitting(field: Field, value: int | float, path: str, written: str) -> int | float:
    """The value as a number of the field's type."""
    if field.kind == "float":
        return float(value)
    low, high = field.range or (0, 0)
    if not isinstance(value, int):
        hint = "use // to divide whole numbers"
        raise LayerFault(
            f"'{field.name}' takes an integer, but {written} is {value}", field=_key(path), hint=hint
        )
    if not low <= value <= high:
        raise LayerFault(
            f"'{field.name}' takes {low:,} to {high:,}, but {written} is {value:,}", field=_key(path)
        )
    return value


def _key(path: str) -> str:
    """A path without the indices of repeated fields."""
    return re.sub(r"\[\d+\]", "", path)
