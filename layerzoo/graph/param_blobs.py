"""Blobs of a net in the place of params of its layers: ``param { blob: "w" }``.

A layer reads such a blob after its bottoms, in the version that it has at the layer's place; the param is not
one of the layer's own any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from layerzoo.schema import LayerParameter

T = TypeVar("T")


def blob_slots(layer: LayerParameter) -> dict[int, str]:
    """The blobs that stand for params of a layer: index of the param and name of the blob."""
    return {index: spec.blob for index, spec in enumerate(layer.param) if spec.HasField("blob")}


def blobs_read(layer: LayerParameter) -> list[str]:
    """Names of all blobs that a layer reads: its bottoms, then those in the place of its params."""
    return [*layer.bottom, *blob_slots(layer).values()]


def left(layer: LayerParameter, params: Sequence[T]) -> list[T]:
    """The params of a layer that are its own: those in whose place no blob stands."""
    slots = blob_slots(layer)
    return [param for index, param in enumerate(params) if index not in slots]
