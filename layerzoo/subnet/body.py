"""The layers of a subnet, built: one run of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast

from torch import Tensor, nn

from layerzoo.graph import Graph
from layerzoo.layer import LAYERS, Clock, Layer, module_names
from layerzoo.plan import Plan, locate, run_steps


class Held(NamedTuple):
    """A param blob of a subnet.

    Attributes:
        layer: the layer that has it.
        place: its index there.
        name: its name relative to the body's module.
        path: the path of the layer inside the body.
        owned: the layer is the first of the subnet that has it, and fills it.
    """

    layer: Layer
    place: int
    name: str
    path: str
    owned: bool


class Body(nn.Module):
    """The layers of a subnet.

    Args:
        graph: its graph.
        keep: blob versions that a run returns.
        seed: seed of layers that create params at random.
        name: what the names of its layers begin with.

    Attributes:
        graph: see above.
        layers: the layers, by name.
        plan: the steps of a run.
    """

    def __init__(self, graph: Graph, keep: Iterable[int], seed: int, name: str) -> None:
        super().__init__()
        self.graph = graph
        self._ordered = [
            LAYERS[spec.param.type].build(
                spec.param, graph.shapes(spec.own_bottoms), seed, f"{name}/{spec.name}"
            )
            for spec in graph.layers
        ]
        self.layers = nn.ModuleDict(module_names(graph, self._ordered))
        self.plan = Plan(graph, self._ordered, keep)
        self._inputs = [blob.index for blob in graph.inputs]
        self._tie()

    def rename(self, name: str) -> None:
        """Set what the names of its layers begin with."""
        for spec, layer in zip(self.graph.layers, self._ordered, strict=True):
            layer.name = f"{name}/{spec.name}"

    def follow(self, clock: Clock) -> None:
        """Let its layers follow a clock."""
        for layer in self._ordered:
            layer.clock = clock

    def run(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """Run it once.

        Args:
            inputs: its inputs, in order.

        Returns:
            the blob versions that it keeps, by index; the others are None.
        """
        held: list[Tensor | None] = [None] * len(self.graph.blobs)
        for index, value in zip(self._inputs, inputs, strict=True):
            held[index] = value
        run_steps(self.plan, held, self._explain)
        return cast(list[Tensor], held)

    @property
    def held(self) -> list[Held]:
        """Its param blobs, layer by layer."""
        return [
            Held(
                layer,
                index,
                f"layers.{key}.{layer.inner_prefix if own.made else ''}{own.name}",
                f"{spec.name}/{own.path}" if own.path else spec.name,
                self.graph.params[spec.params[index]].users[0] == (spec.index, index),
            )
            for spec, (key, layer) in zip(self.graph.layers, self._named(), strict=True)
            for index, own in enumerate(spec.own)
        ]

    def stored(self) -> Iterable[tuple[str, str, Layer]]:
        """The path, the name relative to the body's module, and the layer, for each of its layers."""
        for spec, (key, layer) in zip(self.graph.layers, self._named(), strict=True):
            yield spec.name, f"layers.{key}", layer

    def _named(self) -> list[tuple[str, Layer]]:
        return list(zip(self.layers, self._ordered, strict=True))

    def _tie(self) -> None:
        """Let layers that share a param by name hold the same; those of other shapes are left to the net."""
        for param in self.graph.params:
            owner, *others = param.users
            for layer, index in others:
                mine, theirs = self.graph.layers[layer].own[index], self.graph.layers[owner[0]].own[owner[1]]
                if tuple(mine.shape) == tuple(theirs.shape):
                    _set(self._ordered[layer], mine.name, _get(self._ordered[owner[0]], theirs.name))

    def _explain(self, error: Exception, layer: Layer, given: Sequence[Tensor | None]) -> None:
        spec = self.graph.layers[self._ordered.index(layer)]
        shapes = (tuple(blob.shape) if blob is not None else "missing" for blob in given)
        locate(error, spec, layer.clock.path(layer.name), shapes)


def _get(layer: Layer, name: str) -> nn.Parameter:
    return layer.inner.get_parameter(name)


def _set(layer: Layer, name: str, param: nn.Parameter) -> None:
    path, _, last = name.rpartition(".")
    layer.inner.get_submodule(path)._parameters[last] = param
