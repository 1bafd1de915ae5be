"""Arrays in messages: the type and shape in the header, the values as bytes, checked against each other."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layerzoo.reader.protocol import ProtocolError

MAX_AXES = 32
_TYPES = (
    *("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
    *("float16", "float32", "float64", "bool"),
)


def packed(array: NDArray[Any]) -> tuple[dict[str, Any], memoryview]:
    """Type and shape of an array as values of JSON, and its bytes."""
    values = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    return {"dtype": array.dtype.name, "shape": list(array.shape)}, values.data


def unpacked(head: dict[str, Any], parts: list[memoryview]) -> NDArray[Any]:
    """The array of a message; it uses the memory of the message.

    Raises:
        ProtocolError: type, shape and bytes don't agree, or the type is not one of numbers.
    """
    name = head.get("dtype")
    if name not in _TYPES or len(parts) != 1:
        raise ProtocolError("something else than an array")
    dtype = np.dtype(str(name))
    shape = shape_of(head.get("shape"))
    if prod(shape) * dtype.itemsize != len(parts[0]):
        raise ProtocolError(f"{len(parts[0])} bytes for an array of shape {shape}")
    return np.frombuffer(parts[0], dtype).reshape(shape)


def shape_of(value: object) -> tuple[int, ...]:
    """A shape in a message.

    Raises:
        ProtocolError: it is not one.
    """
    if (
        not isinstance(value, list)
        or len(value) > MAX_AXES
        or not all(type(size) is int and 0 <= size < 1 << 48 for size in value)
    ):
        raise ProtocolError("something else than a shape")
    return tuple(value)
