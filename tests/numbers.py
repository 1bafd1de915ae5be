"""Nets with one number of a layer changed, for every number of the schema's messages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from google.protobuf.message import Message

from layerzoo.catalogue.examples import example_net
from layerzoo.layer import LAYERS
from layerzoo.loader import emit
from layerzoo.schema import Field, NetParameter, fields

INTEGERS = (-1, 0, 2, -(2**31), 2**31 - 1)
FLOATS = (-1.0, 0.0, 1.5, -3e38, 3e38, float("nan"), float("inf"))
OF_ALL_LAYERS = ("loss_weight", "param", "loss_param")
"""Fields of LayerParameter itself that hold numbers."""


def paths(message: type[Message] | Any, depth: int = 2) -> Iterator[tuple[str, ...]]:
    """The paths of the numbers in a message and the messages inside."""
    for field in fields(message).values():
        if field.kind in ("int", "float"):
            yield (field.name,)
        elif field.kind == "message" and depth and field.type_name != "BlobProto":
            yield from ((field.name, *rest) for rest in paths(field.message, depth - 1))


def of_layer(name: str) -> Iterator[tuple[str, ...]]:
    """The paths of the numbers that a layer of a type can have."""
    known = fields(type(NetParameter().layer.add()))
    for key in (*LAYERS[name].messages, *OF_ALL_LAYERS):
        if (field := known.get(key)) is None:
            continue
        if field.message is None:
            yield (key,)
        else:
            yield from ((key, *rest) for rest in paths(field.message))


def changed(name: str, path: tuple[str, ...]) -> Iterator[tuple[float, str]]:
    """The values tried for a number, each with the text of the layer's example with that value."""
    for value in _values(name, path):
        net = NetParameter()
        net.CopyFrom(_example(name))
        message: Any = net.layer[-1]
        for key in path[:-1]:
            inner = getattr(message, key)
            message = (inner[0] if len(inner) else inner.add()) if hasattr(inner, "add") else inner
        if hasattr(getattr(message, path[-1]), "append"):
            del getattr(message, path[-1])[:]
            getattr(message, path[-1]).append(value)
        else:
            setattr(message, path[-1], value)
        for filler in ("weight_filler", "data_filler", "filler"):
            if path[-2:-1] == (filler,):
                message.type = {"std": "gaussian", "mean": "gaussian", "sparse": "gaussian"}.get(
                    path[-1], "uniform" if path[-1] in {"min", "max"} else "constant"
                )
        yield value, emit(net, "prototxt")


@cache
def _example(name: str) -> NetParameter:
    return example_net(name)


def _values(name: str, path: tuple[str, ...]) -> list[Any]:
    field: Field = fields(type(NetParameter().layer.add()))[path[0]]
    for key in path[1:]:
        field = fields(field.message)[key]
    if field.kind == "float":
        return list(FLOATS)
    low, high = field.range or (0, 0)
    return [value for value in INTEGERS if low <= value <= high]
