"""A net as a module from tensors to a tensor, for example in ``nn.Sequential``."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from layerzoo.errors import UsageError, did_you_mean, nearest
from layerzoo.graph import Blob, Graph, GraphLayer
from layerzoo.layer import Clock, Layer
from layerzoo.net.feed import Feed
from layerzoo.plan import Plan


class Runs(Protocol):
    """The interface of a net that `BlobModule` and `FunctionalNet` use."""

    graph: Graph
    clock: Clock
    name: str

    @property
    def dtype(self) -> torch.dtype: ...  # noqa: D102 (as in Net)
    def loss(self, values: Sequence[Tensor | None]) -> Tensor: ...  # noqa: D102 (as in Net)

    def named_parameters(self) -> Iterable[tuple[str, nn.Parameter]]: ...  # noqa: D102 (as in torch)
    def ordered_layers(self) -> list[Layer]: ...  # noqa: D102 (as in Net)
    def fetch(self, batch: int | None = None) -> Feed: ...  # noqa: D102 (as in Net)
    def run(self, feed: Feed, plan: Plan) -> list[Tensor | None]: ...  # noqa: D102 (as in Net)


class BlobModule(nn.Module):
    """Computes a blob of a net from other blobs: tensors in, a tensor out.

    It runs only the layers between them. It holds the net, whose params are its params.

    Args:
        net: the net; a `layerzoo.net.Net`.
        output: name of the blob that it returns; None is the net's only output.
        inputs: names of the blobs that it takes, in order; None takes the net's inputs that the output
            depends on, or, without any, the tops of its data layers. Other data layers are read.

    Raises:
        UsageError: a blob does not exist, or the output depends on other inputs.
    """

    def __init__(self, net: Runs, output: str | None = None, inputs: Sequence[str] | None = None) -> None:
        super().__init__()
        self.net = net
        self._output = _output(net.graph, output)
        self._inputs = [] if inputs is None else [blob_named(net.graph, name).index for name in inputs]
        ends = {spec.index for spec in net.graph.layers if spec.kind.is_input or spec.kind.is_data}
        self._needed, outside = layers_between(net.graph, [self._output], self._inputs, ends)
        fed = [index for index in outside if maker(net.graph, index).kind.is_input]
        self._reads = [index for index in outside if index not in fed]
        if inputs is not None and fed:
            names = ", ".join(net.graph.blobs[index].name for index in fed)
            raise UsageError(
                f"'{net.graph.blobs[self._output].name}' depends on {names} too: add it to inputs"
            )
        if inputs is None:
            self._inputs = fed or self._reads
            self._reads = self._reads if fed else []
        self._layers: list[Layer] = []
        self._plan = self._make_plan()

    def forward(self, *inputs: Tensor) -> Tensor:
        """Run one pass; returns the output.

        Args:
            inputs: a tensor for each input.

        Raises:
            UsageError: the number of tensors is wrong.
        """
        if len(inputs) != len(self._inputs):
            names = ", ".join(self.net.graph.blobs[index].name for index in self._inputs)
            raise UsageError(f"received {len(inputs)} tensors; this module takes {names or 'none'}")
        if not torch.compiler.is_compiling() and self._layers != self.net.ordered_layers():
            self._plan = self._make_plan()
        feed = Feed(batch=self.net.clock.batch)
        if self._reads:
            read = self.net.fetch().blobs
            feed |= {index: read[index] for index in self._reads}
        feed |= dict(zip(self._inputs, inputs, strict=True))
        made = self.net.run(feed, self._plan)[self._output]
        if not torch.compiler.is_compiling():
            self.net.clock.batch += 1
        assert made is not None
        return made

    def extra_repr(self) -> str:
        """Names of the inputs and the output."""
        graph = self.net.graph
        names = ", ".join(graph.blobs[index].name for index in self._inputs)
        return f"{names} -> {graph.blobs[self._output].name}"

    def _make_plan(self) -> Plan:
        self._layers = self.net.ordered_layers()
        return Plan(self.net.graph, self._layers, [self._output], only=self._needed)


def blob_named(graph: Graph, name: str) -> Blob:
    """The last version of a blob.

    Raises:
        UsageError: the net has no blob of that name.
    """
    if name not in graph.last:
        hint = did_you_mean(nearest(name, graph.last)) or f"it has {', '.join(graph.last)}"
        raise UsageError(f"no blob '{name}' in net '{graph.name}'; {hint}")
    return graph.last[name]


def maker(graph: Graph, index: int) -> GraphLayer:
    """The layer that makes a blob version."""
    return graph.layers[graph.blobs[index].producer]


def _output(graph: Graph, name: str | None) -> int:
    if name is not None:
        return blob_named(graph, name).index
    if len(graph.outputs) != 1:
        names = ", ".join(blob.name for blob in graph.outputs)
        raise UsageError(f"net '{graph.name}' has the outputs {names}; choose one, e.g. output='ip'")
    return graph.outputs[0].index


def layers_between(
    graph: Graph, outputs: Iterable[int], inputs: Container[int], ends: Container[int]
) -> tuple[set[int], list[int]]:
    """Indices of the layers between inputs and outputs, and of the other blobs that they need.

    Args:
        graph: the net's graph.
        outputs, inputs: indices of blob versions.
        ends: indices of the layers that don't run, whose tops are such other blobs.
    """
    needed: set[int] = set()
    outside: set[int] = set()
    queue = list(outputs)
    while queue:
        index = queue.pop()
        if index in inputs:
            continue
        spec = maker(graph, index)
        if spec.index in ends:
            outside.add(index)
        elif spec.index not in needed:
            needed.add(spec.index)
            queue += spec.bottoms
    return needed, sorted(outside)
