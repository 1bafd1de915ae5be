"""One layer at a time, each with its own backward pass over the bottoms it saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from layerzoo.errors import UsageError
from layerzoo.net import Net

Watcher = Callable[[int], None]


@dataclass
class _Kept:
    """What a layer saw and made in its last forward pass: leaves of its own little autograd graph."""

    bottoms: list[Tensor]
    tops: list[Tensor]


class Layerwise:
    """Runs a net layer by layer.

    Between layers all blobs and gradients can be read and written: ``data[i]`` and ``diff[i]`` belong to blob
    version i of the graph.

    Args:
        net: what to run.
        before, after: called with the layer's index around each forward and backward of a layer.

    Attributes:
        data: blob versions of the last forward pass.
        diff: their gradients after a backward pass; None where none was needed.
    """

    def __init__(self, net: Net, before: Watcher | None = None, after: Watcher | None = None) -> None:
        self.net = net
        self.before, self.after = before, after
        self.layers = net.ordered_layers()
        self.data: list[Tensor | None] = [None] * len(net.graph.blobs)
        self.diff: list[Tensor | None] = [None] * len(net.graph.blobs)
        self._kept: dict[int, _Kept] = {}

    def forward(
        self, feed: Mapping[int, Tensor] | None = None, start: int = 0, end: int | None = None
    ) -> Tensor:
        """Run the layers from ``start`` to ``end``, both included.

        Args:
            feed: tensors of blob versions that come from outside.

        Returns:
            the loss of the layers that ran.
        """
        for index, tensor in (feed or {}).items():
            self.data[index] = tensor
        last = len(self.layers) - 1 if end is None else end
        loss = torch.zeros((), device=self.net.device)
        for index in range(start, last + 1):
            if self.before:
                self.before(index)
            loss = loss + self._forward_layer(index)
            if self.after:
                self.after(index)
        return loss

    def backward(self, start: int | None = None, end: int = 0) -> None:
        """Run the backward passes from layer ``start`` (the last) down to ``end``, both included.

        Gradients of params add up in ``param.grad``; those of blobs are made anew. A gradient put into
        ``diff`` of a net output counts, beside the loss weights.
        """
        first = len(self.layers) - 1 if start is None else start
        graph = self.net.graph
        made = {top for layer in graph.layers[end : first + 1] for top in layer.tops}
        inner = {i for i in made if any(end <= user <= first for user, _ in graph.blobs[i].consumers)}
        below = {b for layer in graph.layers[end : first + 1] for b in layer.bottoms} - made
        for index in inner | below:
            self.diff[index] = None
        for index in range(first, end - 1, -1):
            if self.before:
                self.before(index)
            if graph.layers[index].needs_backward:
                self._backward_layer(index)
            if self.after:
                self.after(index)

    def _forward_layer(self, index: int) -> Tensor | float:
        spec, layer = self.net.graph.layers[index], self.layers[index]
        if spec.kind.type_name == "Input":
            return 0.0
        bottoms: list[Tensor] = []
        for position, b in enumerate(spec.bottoms):
            value = self.data[b]
            if value is None:
                raise UsageError(
                    f"layer '{spec.name}' needs blob '{self.net.graph.blobs[b].name}', which is empty"
                )
            grad = self.net.graph.blobs[b].needs_grad and spec.propagate_down[position]
            bottoms.append(value.detach().requires_grad_(grad and value.is_floating_point()))
        with torch.set_grad_enabled(spec.needs_backward):
            made = layer(*bottoms)
        tops = list(made) if isinstance(made, tuple) else [made] if spec.tops else []
        self._kept[index] = _Kept(bottoms, tops)
        loss: Tensor | float = 0.0
        for top, tensor, weight in zip(spec.tops, tops, spec.loss_weights, strict=True):
            self.data[top] = tensor.detach()
            if weight:
                loss = loss + tensor.detach().sum() * weight
        return loss

    def _backward_layer(self, index: int) -> None:
        spec, layer = self.net.graph.layers[index], self.layers[index]
        if spec.kind.type_name == "Input":
            return
        kept = self._kept.pop(index, None)
        if kept is None:
            raise UsageError(f"layer '{spec.name}' has not run forward since its last backward pass")
        outs, seeds = [], []
        for top, tensor, weight in zip(spec.tops, kept.tops, spec.loss_weights, strict=True):
            diff = self.diff[top]
            if weight:
                diff = torch.full_like(tensor, weight) if diff is None else diff
                self.diff[top] = diff
            if diff is not None and tensor.requires_grad:
                outs.append(tensor)
                seeds.append(diff.reshape(tensor.shape))
        params = [p for p in layer.blobs if p.requires_grad and p.is_leaf]
        leaves = [b for b in kept.bottoms if b.requires_grad]
        if not outs:
            return
        grads = torch.autograd.grad(outs, [*leaves, *params], seeds, allow_unused=True)
        found = iter(grads)
        for b, tensor in zip(spec.bottoms, kept.bottoms, strict=True):
            if tensor.requires_grad:
                grad = next(found)
                grad = torch.zeros_like(tensor) if grad is None else grad
                old = self.diff[b]
                self.diff[b] = grad if old is None else old + grad
        for param, grad in zip(params, found, strict=True):
            if grad is not None:
                param.grad = grad if param.grad is None else param.grad.add_(grad)
