"""A contiguous part of a net's layers, and the blobs that it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from layerzoo.errors import UsageError
from layerzoo.graph import Graph
from layerzoo.layer import Layer
from layerzoo.net.feed import Feed
from layerzoo.net.last_pass import LastPass
from layerzoo.plan import Plan, fetched


class Part:
    """The layers from ``start`` to ``end``, both included.

    Args:
        graph: the net's graph.
        layers: its layers, in the graph's order.
        start, end: indices of layers; None is the first, and the last.

    Attributes:
        plan: the steps of these layers.
        reads_data: whether data layers are among them.
        tops: blob versions that they compute.
        needs: blob versions that they take from the last pass, or from the caller.
        results: blob versions to return: the tops of ``end``; without ``end`` the net's outputs.

    Raises:
        UsageError: ``start`` comes after ``end``.
    """

    def __init__(self, graph: Graph, layers: list[Layer], start: int | None, end: int | None) -> None:
        first, last = start or 0, len(layers) - 1 if end is None else end
        if first > last:
            names = [graph.layers[index].name for index in (first, last)]
            raise UsageError(f"start '{names[0]}' comes after end '{names[1]}'")
        specs = graph.layers[first : last + 1]
        self.graph = graph
        self.plan = Plan(graph, layers, start=first, end=last)
        self.reads_data = any(first <= index <= last for index in fetched(graph, layers))
        self.tops = {top for spec in specs for top in spec.tops if not spec.kind.is_input}
        self.needs = {b for spec in specs for b in spec.bottoms if b not in self.tops}
        ends = graph.layers[last].tops if end is not None else [blob.index for blob in graph.outputs]
        inputs = {blob.index for blob in graph.inputs}
        self.results = [top for top in ends if top in self.tops or top in inputs]
        self.needs |= {top for top in self.results if top in inputs}

    def feed(self, inputs: Sequence[Tensor], named: Mapping[str, Tensor], read: Feed, last: LastPass) -> Feed:
        """The feed of a pass.

        Args:
            inputs: the net's inputs by position; those that are not needed may be omitted.
            named: inputs, and other blobs that the part needs, by name.
            read: tops of data layers.
            last: the last pass, for all other blobs that the part needs.

        Raises:
            UsageError: a blob is not an input of the part, or one is missing.
        """
        given = self._given(inputs, named)
        before = {index: last.get(self.graph, index) for index in self.needs - given.keys()}
        return Feed({i: read.blobs[i] for i in read.blobs.keys() & self.tops}, read.batch) | {
            **before,
            **given,
        }

    def _given(self, inputs: Sequence[Tensor], named: Mapping[str, Tensor]) -> dict[int, Tensor]:
        known = [blob.name for blob in self.graph.inputs]
        wanted = {self.graph.blobs[index].name for index in self.needs}
        if len(inputs) > len(known):
            raise UsageError(f"received {len(inputs)} inputs; the net takes {', '.join(known) or 'none'}")
        values = {**dict(zip(known, inputs, strict=False)), **named}
        for name in values.keys() - wanted - set(known):
            raise UsageError(
                f"these layers don't take a blob '{name}'; they take {', '.join(sorted(wanted)) or 'none'}"
            )
        # inputs that this part does not need may be needed by a later one
        others = {blob.index for blob in self.graph.inputs if blob.name not in wanted}
        blobs = ((index, self.graph.blobs[index].name) for index in self.needs | others)
        return {index: values[name] for index, name in blobs if name in values}
