"""The plan of a forward pass: the layers to run, in order, and the blobs to free after each."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from layerzoo.graph import Graph
from layerzoo.layer import Layer
from layerzoo.net.layers import recorded


class Step(NamedTuple):
    """One layer to run.

    Attributes:
        layer: the layer.
        bottoms, tops: indices of blob versions.
        cut: positions of the bottoms without gradient (``propagate_down: false``).
        frees: versions that no later step needs.
    """

    layer: Layer
    bottoms: tuple[int, ...]
    tops: tuple[int, ...]
    cut: tuple[int, ...]
    frees: tuple[int, ...]


def fetched(graph: Graph, layers: Sequence[Layer]) -> list[int]:
    """Indices of the layers that run before the pass: data layers, and sources in user code.

    A source that runs user code, or has another effect outside the net, runs within the pass if it follows
    another layer with effects, since it may depend on that layer.
    """
    found, effects = [], False
    for spec, layer in zip(graph.layers, layers, strict=True):
        if layer.is_source and not (effects and layer.has_effects):
            found.append(spec.index)
        else:
            effects = effects or layer.has_effects
    return found


class Plan:
    """The steps of one forward pass, without the layers that are `fetched`.

    Args:
        graph: the net's graph.
        layers: its layers, in the graph's order.
        keep: blob versions to keep; None keeps all.
        start, end: first and last layer index to run, both included.
        only: indices of the layers to run, between ``start`` and ``end``; None runs all of these.

    Attributes:
        steps: the steps, in order.
    """

    def __init__(
        self,
        graph: Graph,
        layers: list[Layer],
        keep: Iterable[int] | None = None,
        start: int = 0,
        end: int | None = None,
        only: Container[int] | None = None,
    ) -> None:
        kept = None if keep is None else set(keep)
        last = len(layers) - 1 if end is None else end
        given = set(fetched(graph, layers))
        run = [spec for spec in graph.layers[start : last + 1] if only is None or spec.index in only]
        last_use = {b: spec.index for spec in run for b in spec.bottoms}
        self.steps: list[Step] = []
        for spec in run:
            if spec.kind.is_input or spec.index in given:
                continue
            frees: set[int] = set()
            if kept is not None:
                # a blob is freed after its last consumer, or at once if it has none
                ends = (b for b in spec.bottoms if last_use[b] == spec.index)
                unused = (t for t in spec.tops if t not in last_use)
                frees = {*ends, *unused} - kept
            cut = tuple(i for i, down in enumerate(spec.propagate_down) if not down)
            self.steps.append(Step(layers[spec.index], spec.bottoms, spec.tops, cut, tuple(sorted(frees))))


def run_steps(
    plan: Plan,
    held: list[Tensor | None],
    explain: Callable[[Exception, Layer, Sequence[Tensor | None]], object],
) -> None:
    """Run a plan's steps.

    Args:
        plan: the steps.
        held: blob versions by index; tops are added, and freed versions set to None.
        explain: called with an exception of a layer, the layer and its bottoms, before it is raised again.
    """
    profiled = not torch.compiler.is_compiling() and torch.autograd._profiler_enabled()  # type: ignore[attr-defined]
    for layer, bottoms, tops, cut, frees in plan.steps:
        given = [held[b] for b in bottoms]
        for position in cut:
            given[position] = given[position].detach()  # type: ignore[union-attr]
        try:
            made = recorded(layer, given) if profiled else layer(*given)
        except Exception as error:
            explain(error, layer, given)
            raise
        if type(made) is tuple:
            for top, tensor in zip(tops, made, strict=True):
                held[top] = tensor
        elif tops:
            held[tops[0]] = made
        for index in frees:
            held[index] = None
