"""Passes of ``net(...)`` without gradients, which keep the blobs that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from layerzoo.errors import UsageError
from layerzoo.graph import Graph
from layerzoo.layer import Layer
from layerzoo.net.feed import Feed
from layerzoo.net.rewriting.checked_params import versions
from layerzoo.net.rewriting.deployment import Deployment
from layerzoo.net.rewriting.watched import WatchedParams
from layerzoo.plan import Plan


class Running(Protocol):
    """The interface of a net that `Light` uses."""

    def run(self, feed: Feed, plan: Plan) -> list[Tensor | None]:
        """Run a plan."""


class Light(Deployment):
    """A `Deployment` for passes after which any blob may be asked for.

    The first time that a blob is asked for which a pass has not kept, the pass is repeated plainly; later
    passes keep it. All blobs are kept of a net that can't repeat a pass: its layers write files, run the
    user's code or carry states from pass to pass.

    Args:
        graph, layers: the net's.
        outputs_only: its plan that keeps outputs and losses alone.
    """

    def __init__(self, graph: Graph, layers: list[Layer], outputs_only: Deployment) -> None:
        specs = zip(graph.layers, layers, strict=True)
        given = {top for spec, layer in specs if spec.kind.is_input or layer.is_source for top in spec.tops}
        repeatable = not any(
            layer.has_effects or layer.on_host or layer.makes_params or _carries_state(layer)
            for layer in layers
        )
        super().__init__(graph, layers, given | (outputs_only.kept or frozenset()) if repeatable else None)
        self._parts, self._every = (graph, layers), WatchedParams(layers)
        self._all = Plan(graph, layers)
        self._like = outputs_only

    def chosen(self) -> Plan:
        """The plan to run: the faster one, or one that keeps all blobs."""
        self.by_version, self.frees = self._like.by_version, self._like.frees
        plan = self.ready()
        return self._all if plan is self else plan

    def rest(self, net: Running, feed: Feed, plan: Plan) -> Callable[[int], Sequence[Tensor | None]] | None:
        """A function that repeats a pass and returns all its blobs, for the index of the one asked for.

        Args:
            net: the net.
            feed: the feed of the pass.
            plan: its plan; the function is None unless it is the faster one, or if it frees params.
        """
        if plan is not self.faster or self.kept is None or self.frees:
            return None
        graph, layers = self._parts
        before = self._versions(feed)

        def repeat(index: int) -> Sequence[Tensor | None]:
            if self._versions(feed) != before:
                name = graph.blobs[index].name
                raise UsageError(
                    f"blob '{name}' was not kept, and params or inputs have changed since the pass: ask for "
                    "it before, or set engine_param { fuse: false } in the net"
                )
            super(Light, self).__init__(graph, layers, (self.kept or frozenset()) | {index})
            with torch.no_grad():
                return net.run(feed, self._all)

        return repeat

    def _versions(self, feed: Feed) -> list[int]:
        return versions([*feed.blobs.values(), *self._every.now()])


def _carries_state(layer: Layer) -> bool:
    """Whether a layer carries tensors from pass to pass, other than the range of labels seen so far."""
    return any(not name.endswith("label_range") for name, _ in layer.named_buffers())
