"""Run a net one layer at a time, each with its own backward pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableSequence, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from layerzoo.engine.runner.cursor import Cursor
from layerzoo.engine.runner.ownership import on_host, owners
from layerzoo.engine.runner.values import Values
from layerzoo.errors import LayerFault, UsageError
from layerzoo.graph import GraphLayer, wanted_below
from layerzoo.graph.param_blobs import left
from layerzoo.host import Blob
from layerzoo.layer import LAYERS, Layer
from layerzoo.net import Feed, Net
from layerzoo.net.explain import explain
from layerzoo.net.layers import ModuleLayer
from layerzoo.net.params import adopt, held

Watcher = Callable[[int], object]


@dataclass
class _Kept:
    """The autograd graph of one layer's forward pass.

    Attributes:
        leaves: its bottoms, in the blobs' memory, so that later writes to the blobs take effect.
        tops: its tops.
        touched: number of accesses of a program to each bottom before the pass.
        versions: versions of its params before the pass.
    """

    leaves: list[Tensor]
    tops: list[Tensor]
    touched: list[int]
    versions: list[int]


class Layerwise:
    """Runs a net layer by layer, as Caffe does.

    Between layers all blobs and gradients can be read and written. A backward pass uses the current contents
    of the blobs. In-place versions of a blob share one `Blob`, and the diff of a blob with a loss weight
    holds that weight.

    Args:
        net: the net.
        before, after: called with the layer's index around each forward and backward of a layer.

    Attributes:
        blobs: the blob of each blob version of the graph.
        param_blobs: param blobs that a program can access, added by the code that hands them out.
        cursor: positions of the data layers; a program calls ``cursor.advance`` before each pass.
        before_forward, after_forward, before_backward, after_backward: called with the layer's index.
    """

    def __init__(self, net: Net, before: Watcher | None = None, after: Watcher | None = None) -> None:
        self.net = net
        self.before_forward = [before] if before else []
        self.after_forward = [after] if after else []
        self.before_backward = list(self.before_forward)
        self.after_backward = list(self.after_forward)
        self.layers = net.ordered_layers()
        self.blobs: list[Blob] = []
        self.param_blobs: list[Blob] = []
        self.cursor = Cursor(net)
        self._kept: dict[int, _Kept] = {}
        self._open = [blob.index for blob in net.graph.inputs if blob.shape is None]
        self._shapes = [net.graph.shapes(spec.own_bottoms) for spec in net.graph.layers]
        for spec in net.graph.layers:
            self._add_blobs(spec)

    @property
    def data(self) -> MutableSequence[Tensor | None]:
        """Values of each blob version; None if nothing has been written yet."""
        return Values(self.blobs, "values")

    @property
    def diff(self) -> MutableSequence[Tensor | None]:
        """Gradients of each blob version; None if nothing has been written yet."""
        return Values(self.blobs, "gradients")

    def forward(
        self,
        feed: Feed | None = None,
        start: int = 0,
        end: int | None = None,
        keep: bool = True,
    ) -> Tensor:
        """Run the layers from ``start`` to ``end``, both included.

        Args:
            feed: tops of data layers, and inputs; layers whose tops are in it are skipped.
            start, end: indices of layers; None is the last.
            keep: keep autograd graphs for backward passes, which otherwise run each layer's forward pass
                again.

        Returns:
            the loss of the layers that ran.
        """
        self.flush()
        given = feed.blobs if feed is not None else {}
        for top, tensor in given.items():
            self.blobs[top].put(tensor.detach(), own=False)
        last = len(self.layers) - 1 if end is None else end
        if not all(self.blobs[index].axes for index in self._open):
            self.net.graph.input_shapes()  # raises, and names the input without a shape
        loss = torch.zeros((), device=self.net.device)
        for index in range(start, last + 1):
            for watch in self.before_forward:
                watch(index)
            if not self._is_fed(index, given):
                loss = loss + self._forward_layer(index, keep)
            for watch in self.after_forward:
                watch(index)
        return loss

    def backward(self, start: int | None = None, end: int = 0) -> None:
        """Run the backward passes from layer ``start`` (the last) down to ``end``, both included.

        It starts from the gradients in the tops' diffs. Gradients of params are added to ``param.grad``;
        those of blobs are replaced.
        """
        self.flush()
        first = len(self.layers) - 1 if start is None else start
        written = self._reset_consumed_losses()
        for index in range(first, end - 1, -1):
            for watch in self.before_backward:
                watch(index)
            if self.net.graph.layers[index].needs_backward:
                self._backward_layer(index, written)
            for watch in self.after_backward:
                watch(index)

    def reshape(self) -> None:
        """Reshape all blobs, by the shapes of the inputs."""
        for index, spec in enumerate(self.net.graph.layers):
            bottoms, tops = self._ends(spec)
            layer = self.layers[index]
            if on_host(layer):
                layer.user.reshape(bottoms, tops)
                continue
            if not bottoms:
                continue
            for top, shape, weight in zip(
                tops, self.top_shapes(index, bottoms), spec.loss_weights, strict=True
            ):
                top.reshape(*shape)
                self._set_weight(top, weight)

    def top_shapes(self, index: int, bottoms: Sequence[Blob]) -> list[tuple[int, ...]]:
        """The shapes of a layer's tops for given bottoms.

        Raises:
            UsageError: the layer does not accept the shapes of the bottoms.
        """
        layer, spec = self.layers[index], self.net.graph.layers[index]
        own = bottoms[: len(spec.own_bottoms)]
        shapes = self._top_shapes(spec, [blob.axes for blob in own])
        if layer.shapes_by_value:
            return layer.shapes_for([blob.values.tensor() for blob in own])
        return shapes

    def move(self, device: torch.device) -> None:
        """Move net and blobs to another device; views of them become stale."""
        self.flush()
        self.net.to(device)
        for layer in self.layers:  # rebuilt layers are not in the net
            layer.to(device)
        for blob in self.blobs:
            blob.move(device)
        self._kept.clear()

    def flush(self) -> None:
        """Copy to the device what a program wrote to host arrays."""
        for blob in (*self.blobs, *self.param_blobs):
            blob.flush()

    def needs_grad(self, spec: GraphLayer) -> list[bool]:
        """For each bottom of a layer, whether its gradient is needed."""
        return wanted_below(self.net.graph, spec)

    def _add_blobs(self, spec: GraphLayer) -> None:
        graph, layer = self.net.graph, self.layers[spec.index]
        for position, top in enumerate(spec.tops):
            shape = graph.blobs[top].shape or ()
            below = spec.bottoms[position] if position < len(spec.bottoms) else None
            if (
                below is not None
                and graph.blobs[below].name == graph.blobs[top].name
                and len(graph.blobs[below].consumers) == 1
            ):
                blob = self.blobs[below]
            elif on_host(layer):
                blob = layer.top_blobs[position]
                blob.move(self.net.device)
            else:
                blob = Blob(shape, self.net.device)
            self.blobs.append(blob)
            self._set_weight(blob, spec.loss_weights[position])
        if on_host(layer):
            layer.top_blobs = [self.blobs[top] for top in spec.tops]
            layer.bottom_blobs = [self.blobs[b] for b in spec.bottoms]
            return
        for top, value in zip(spec.tops, layer.initial_tops(), strict=False):
            if value is not None:
                self.blobs[top].put(value.detach())
        if layer.shares_memory(spec.param) == "always" and spec.bottoms:
            for top in spec.tops:
                self.blobs[top].follow(self.blobs[spec.bottoms[0]])

    def _is_fed(self, index: int, given: Mapping[int, Tensor]) -> bool:
        """Whether a layer can be skipped: all its tops are in the feed, and none of them is a loss."""
        spec = self.net.graph.layers[index]
        return bool(spec.tops) and all(t in given for t in spec.tops) and not any(spec.loss_weights)

    def _ends(self, spec: GraphLayer) -> tuple[list[Blob], list[Blob]]:
        return [self.blobs[b] for b in spec.bottoms], [self.blobs[t] for t in spec.tops]

    def _forward_layer(self, index: int, keep: bool) -> Tensor | float:
        spec, layer = self.net.graph.layers[index], self.layers[index]
        if spec.kind.is_input:
            return 0.0
        bottoms, tops = self._ends(spec)
        try:
            if on_host(layer):
                layer.forward_blobs(bottoms, tops)
                return sum(
                    blob.values.tensor().sum() * weight
                    for blob, weight in zip(tops, spec.loss_weights, strict=True)
                    if weight
                )
            layer = self._fitting(index, bottoms)
            kept = self._run(spec, layer, bottoms, tops, keep and spec.needs_backward)
        except Exception as error:
            explain(error, spec, (blob.axes for blob in bottoms))
            raise
        self._kept.pop(index, None)
        if keep:
            self._kept[index] = kept
        loss: Tensor | float = 0.0
        owned = owners(spec, layer, bottoms, kept.leaves, kept.tops)
        for blob, tensor, weight, own in zip(tops, kept.tops, spec.loss_weights, owned, strict=True):
            blob.put(tensor.detach(), own)
            if weight:
                self._set_weight(blob, weight)
                seed = blob.gradients.tensor()
                loss = (
                    loss
                    + (tensor.detach() * seed if blob.gradients.shown else tensor.detach() * weight).sum()
                )
        return loss

    def _run(
        self, spec: GraphLayer, layer: Layer, bottoms: list[Blob], tops: list[Blob], gradient: bool = True
    ) -> _Kept:
        leaves = []
        for blob, wanted in zip(bottoms, self.needs_grad(spec), strict=True):
            value = blob.values.tensor()
            if blob in tops and blob.values.shown:
                value = value.clone()  # the top is written to the same memory
            # .data shares the memory, but later writes don't count as in-place changes for autograd
            leaf = value.data
            leaves.append(leaf.requires_grad_() if wanted and leaf.is_floating_point() else leaf)
        with torch.set_grad_enabled(gradient):
            made = layer(*leaves)
        out = list(made) if isinstance(made, tuple) else [made] if spec.tops else []
        return _Kept(leaves, out, [b.touched for b in bottoms], [p._version for p in layer.blobs])

    def _backward_layer(self, index: int, written: set[int]) -> None:
        spec, layer = self.net.graph.layers[index], self.layers[index]
        if spec.kind.is_input:
            return
        bottoms, tops = self._ends(spec)
        try:
            if on_host(layer):
                layer.backward_blobs(tops, self.needs_grad(spec), bottoms)
            else:
                self._backward_autograd(spec, layer, bottoms, tops, written)
        except Exception as error:
            explain(error, spec, (blob.axes for blob in bottoms))
            raise

    def _backward_autograd(
        self, spec: GraphLayer, layer: Layer, bottoms: list[Blob], tops: list[Blob], written: set[int]
    ) -> None:
        if not any(blob.gradients.there for blob in tops):
            return
        kept = self._kept.pop(spec.index, None)
        if kept is None or self._is_stale(kept, layer, bottoms, tops):
            kept = self._again(spec, layer, bottoms, tops)
        outs, seeds = [], []
        for blob, tensor in zip(tops, kept.tops, strict=True):
            if tensor.requires_grad and blob.gradients.there:
                outs.append(tensor)
                seeds.append(blob.gradients.tensor().reshape(tensor.shape))
        params = [p for p in map(self._owner, spec.params) if p.requires_grad]
        leaves = [leaf for leaf in kept.leaves if leaf.requires_grad]
        wanted = [*leaves, *params]
        # a layer without a gradient stops it, also in place
        grads = torch.autograd.grad(outs, wanted, seeds, allow_unused=True) if outs else [None] * len(wanted)
        found = iter(grads)
        for version, blob, leaf in zip(spec.bottoms, bottoms, kept.leaves, strict=True):
            if leaf.requires_grad:
                grad = next(found)
                grad = torch.zeros_like(leaf) if grad is None else grad
                if version in written:
                    grad = blob.gradients.tensor() + grad
                blob.gradients.put(grad)
                written.add(version)
        for param, grad in zip(params, found, strict=True):
            if grad is not None:
                param.grad = grad if param.grad is None else param.grad.add_(grad)

    def _reset_consumed_losses(self) -> set[int]:
        """Reset the diffs of losses with consumers to the loss weight; consumers add to it."""
        graph = self.net.graph
        consumed = {top: weight for top, weight in graph.losses if graph.blobs[top].consumers}
        for top, weight in consumed.items():
            blob = self.blobs[top]
            blob.gradients.put(torch.full(blob.axes, weight, device=self.net.device))
        return set(consumed)

    def _owner(self, index: int) -> nn.Parameter:
        """The param of the graph with this index, as its owner holds it."""
        layer, position = self.net.graph.params[index].users[0]
        return held(self.layers[layer], position)

    def _is_stale(self, kept: _Kept, layer: Layer, bottoms: list[Blob], tops: list[Blob]) -> bool:
        """Whether a bottom or param may have been written since the forward pass."""
        looked_at = any(
            blob.touched != then and blob not in tops
            for blob, then in zip(bottoms, kept.touched, strict=True)
        )
        return looked_at or [p._version for p in layer.blobs] != kept.versions

    def _again(self, spec: GraphLayer, layer: Layer, bottoms: list[Blob], tops: list[Blob]) -> _Kept:
        """Run a layer's forward pass again on its current bottoms; its blobs and statistics don't change."""
        statistics = [
            (blob, blob.detach().clone())
            for blob, own in zip(layer.blobs, layer.own_params, strict=True)
            if not own.learns
        ]
        kept = self._run(spec, self._fitting(spec.index, bottoms), bottoms, tops)
        with torch.no_grad():
            for blob, before in statistics:
                blob.copy_(before)
        return kept

    def _fitting(self, index: int, bottoms: Sequence[Blob]) -> Layer:
        """The layer, rebuilt if the shapes of its bottoms changed in more than the batch size."""
        spec, old = self.net.graph.layers[index], self.layers[index]
        shapes = [blob.axes for blob in bottoms[: len(spec.own_bottoms)]]
        if shapes == self._shapes[index]:
            return old
        if isinstance(old, ModuleLayer):  # checks shapes itself, when it runs
            return old
        self._top_shapes(spec, shapes)
        own = left(spec.param, list(spec.kind.all_params(spec.param, shapes)))
        if [tuple(p.shape) for p in own] != [p.shape for p in old.own_params]:
            raise UsageError(
                f"layer '{spec.name}': bottoms of shapes {shapes} need params of shapes "
                f"{[tuple(p.shape) for p in own]}; it has {[p.shape for p in old.own_params]}"
            )
        known, self._shapes[index] = self._shapes[index], shapes
        if hasattr(old, "user") or [s[1:] for s in known] == [s[1:] for s in shapes]:
            return old
        with torch.device(self.net.device):
            new = LAYERS[spec.kind.type_name].build(spec.param, shapes, name=old.name)
        adopt(new, old)
        new.clock = old.clock
        new.train(old.training)
        self.layers[index] = new
        return new

    def _top_shapes(self, spec: GraphLayer, shapes: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
        try:
            return [tuple(shape) for shape in spec.kind.top_shapes(spec.param, shapes)]
        except LayerFault as fault:
            raise UsageError(f"layer '{spec.name}': {fault.message}; bottoms: {list(shapes)}") from None

    def _set_weight(self, blob: Blob, weight: float) -> None:
        """Set the diff of a loss to its weight, unless it has been written before."""
        if weight and not blob.gradients.there:
            blob.gradients.put(torch.full(blob.axes, weight, device=self.net.device))
