"""An autograd function for layers that compute on numpy arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor

from layerzoo.functional.transforms import refuse_derivative
from layerzoo.host.blob import Blob


class HostLayer(Protocol):
    """The members of a layer that `OnHost` uses; documented at `layerzoo.layers.python.Python`."""

    name: str
    user: Any
    anchor: Tensor
    bottom_blobs: list[Blob]
    top_blobs: list[Blob]

    def forward_blobs(self, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> None:
        """Run one forward pass from bottom blobs to top blobs."""

    def backward_blobs(self, tops: Sequence[Blob], down: Sequence[bool], bottoms: Sequence[Blob]) -> None:
        """Run one backward pass from top blobs to bottom blobs."""


class OnHost(torch.autograd.Function):
    """A layer on numpy arrays inside autograd: ``OnHost.apply(layer, bottom count, *bottoms, *params)``."""

    @staticmethod
    def forward(ctx: Any, layer: HostLayer, count: int, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the layer's tops."""
        ctx.layer, ctx.count = layer, count
        ctx.set_materialize_grads(True)
        device = layer.anchor.device
        for blob, tensor in zip(layer.bottom_blobs, inputs[:count], strict=True):
            blob.put(tensor.detach().to(blob.device), own=False)
        layer.forward_blobs(layer.bottom_blobs, layer.top_blobs)
        # copies, since the user's code keeps writing to the same arrays
        return tuple(blob.values.tensor().to(device, copy=True) for blob in layer.top_blobs)

    @staticmethod
    def backward(ctx: Any, *diffs: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of bottoms and params; differentiating them raises an error."""
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
        params = []
        for blob, old in zip(layer.user.blobs, before, strict=True):
            new = blob.gradients.tensor()
            params.append(new - old)
            new.copy_(old)  # autograd accumulates the gradient itself
        grads = (*bottoms, *params)
        if torch.is_grad_enabled():  # create_graph: the gradients may be differentiated
            why = f"layer '{layer.name}' has no second derivative: its backward works on arrays"
            grads = tuple(None if grad is None else refuse_derivative(grad, why) for grad in grads)
        return (None, None, *grads)


def where(name: str, shapes: Sequence[tuple[int, ...]]) -> str:
    """Describe the layer in which the user's code raised an error."""
    return f"in layer '{name}' (Python), bottoms: {', '.join(map(str, shapes)) or 'none'}"


@contextmanager
def its_own_autograd() -> Iterator[None]:
    """Context that enables autograd for torch operations inside a user's layer."""
    with torch.inference_mode(False), torch.enable_grad():
        yield
