"""Ownership of the memory of a layer's tops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from torch import Tensor

from layerzoo.graph import GraphLayer
from layerzoo.host import Blob
from layerzoo.host.autograd import HostLayer
from layerzoo.layer import Layer


def on_host(layer: object) -> TypeGuard[HostLayer]:
    """Whether a layer runs on blobs, not on tensors."""
    return isinstance(layer, Layer) and layer.on_host


def owners(
    spec: GraphLayer, layer: Layer, bottoms: Sequence[Blob], given: Sequence[Tensor], made: Sequence[Tensor]
) -> list[bool]:
    """For each top, whether the blob may own its memory: it is new, or shared as in Caffe."""
    if layer.shares_memory(spec.param):
        return [all(blob.values.own for blob in bottoms)] * len(made)
    if layer.is_data:
        return [False] * len(made)
    others = {t.untyped_storage().data_ptr() for t in given}
    return [t.untyped_storage().data_ptr() not in others for t in made]
