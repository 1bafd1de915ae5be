"""A layer that computes on arrays, as a function that autograd knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from layerzoo.functional.transforms import refuse_derivative
from layerzoo.host.blob import Blob


class HostLayer(Protocol):
    """What `OnHost` needs of a layer; `layerzoo.layers.python.Python` says what each member means."""

    name: str
    user: Any
    anchor: Tensor
    bottom_blobs: list[Blob]
    top_blobs: list[Blob]

    def forward_blobs(self, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> None:
        """One forward pass from blobs to blobs."""

    def backward_blobs(self, tops: Sequence[Blob], down: Sequence[bool], bottoms: Sequence[Blob]) -> None:
        """One backward pass from blobs to blobs."""


class OnHost(torch.autograd.Function):
    """A layer over arrays inside autograd: ``OnHost.apply(layer, number of bottoms, *bottoms, *params)``."""

    @staticmethod
    def forward(ctx: Any, layer: HostLayer, count: int, *inputs: Tensor) -> tuple[Tensor, ...]:
        """The layer's tops."""
        ctx.layer, ctx.count = layer, count
        ctx.set_materialize_grads(True)
        device = layer.anchor.device
        for blob, tensor in zip(layer.bottom_blobs, inputs[:count], strict=True):
            blob.put(tensor.detach().to(blob.device), own=False)
        layer.forward_blobs(layer.bottom_blobs, layer.top_blobs)
        # copies: the user goes on writing to the same arrays
        return tuple(blob.values.tensor().to(device, copy=True) for blob in layer.top_blobs)

    @staticmethod
    def backward(ctx: Any, *diffs: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of bottoms and params; differentiating them raises."""
        layer, count = ctx.layer, ctx.count
        device = layer.anchor.device
        down = ctx.needs_input_grad[2 : 2 + count]
        for blob, diff in zip(layer.top_blobs, diffs, strict=True):
            blob.gradients.put(diff.detach().to(blob.device), own=False)
        before = [blob.gradients.tensor().clone() for blob in layer.user.blobs]
        try:
            layer.backward_blobs(layer.top_blobs, down, layer.bottom_blobs)
        except Exception as error:
            error.add_note(where(layer.name, [blob.axes for blob in layer.bottom_blobs]))
            raise
        bottoms = [
            blob.gradients.tensor().to(device, copy=True) if wanted else None
            for blob, wanted in zip(layer.bottom_blobs, down, strict=True)
        ]
        added = []
        for blob, old in zip(layer.user.blobs, before, strict=True):
            new = blob.gradients.tensor()
            added.append(new - old)
            new.copy_(old)  # autograd adds it
        found = (*bottoms, *added)
        if torch.is_grad_enabled():  # create_graph: someone may differentiate these
            why = f"layer '{layer.name}' has no second derivative: its backward works on arrays"
            found = tuple(None if grad is None else refuse_derivative(grad, why) for grad in found)
        return (None, None, *found)


def where(name: str, shapes: Sequence[tuple[int, ...]]) -> str:
    """Which layer an error of the user's code came from."""
    return f"in layer '{name}' (Python), bottoms: {', '.join(map(str, shapes)) or 'none'}"
