"""Blobs of a net in the place of a layer's params (``param { blob }``), with which it computes in a pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor

from layerzoo.graph.param_blobs import blob_slots
from layerzoo.layer.own_params import OwnParam

Layer = Any
"""A `layerzoo.layer.Layer`, whose module imports this one."""


class Given(NamedTuple):
    """A param in whose place a layer takes a blob.

    Attributes:
        own: the param that it would own.
        names: its names in ``Layer.holder``; several if submodules share it.
    """

    own: OwnParam
    names: tuple[str, ...]


def take_blobs(layer: Layer) -> None:
    """Let a new layer take the blobs that its message names, after its bottoms, in the place of params."""
    every = layer.own_params
    for own in [every[index] for index in blob_slots(layer.param)]:
        root = layer.holder(own)
        param = root.get_parameter(own.name)
        found = root.named_parameters(remove_duplicate=False)
        given = Given(own, tuple(name for name, other in found if other is param))
        for slots, name in _slots(layer, given, "_parameters"):
            slots[name] = None
        layer.blob_params.append(given)
        for params in (layer._declared, layer._made or []):
            if own in params:
                params.remove(own)
    layer.register_forward_pre_hook(_put)
    layer.register_forward_hook(_take_away, always_call=True)


def _slots(layer: Layer, given: Given, table: str = "__dict__") -> list[tuple[dict[str, Any], str]]:
    """The tables that hold a param in the layer's modules, each with its name there."""
    root = layer.holder(given.own)
    paths = [name.rpartition(".") for name in given.names]
    return [(getattr(root.get_submodule(path), table), name) for path, _, name in paths]


@contextmanager
def with_params(layer: Layer, blobs: Sequence[Tensor]) -> Iterator[None]:
    """Context in which blobs are the params that a layer takes."""
    _set(layer, blobs)
    try:
        yield
    finally:
        _take_away(layer, None, None)


def _set(layer: Layer, blobs: Sequence[Tensor]) -> None:
    for given, blob in zip(layer.blob_params, blobs, strict=True):
        for attributes, name in _slots(layer, given):
            attributes[name] = blob


def widen(layer: Layer) -> None:
    """Let a layer of a mixed-precision net compute with blobs in FP32, as with params of its own."""
    for given in layer.blob_params:
        for attributes, name in _slots(layer, given):
            if attributes[name].dtype in (torch.bfloat16, torch.float16):
                attributes[name] = attributes[name].float()


def _put(layer: Layer, received: tuple[Any, ...]) -> tuple[Any, ...]:
    """Before a pass: set the params to the last of the tensors that the layer received; return the others."""
    count = len(received) - len(layer.blob_params)
    _set(layer, received[count:])
    return received[:count]


def _take_away(layer: Any, _: object, __: object) -> None:
    """After a pass, also a failed one: keep no blob."""
    for given in layer.blob_params:
        for attributes, name in _slots(layer, given):
            attributes.pop(name, None)
