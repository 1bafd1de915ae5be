"""The plan of a forward pass: the layers to run, in order, and the blobs to free after each."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from copy import copy
from typing import Any, NamedTuple

import torch
from torch import Tensor

from layerzoo.errors import ConfigError, DataError, Fault, LayerFault
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import Layer


class Step(NamedTuple):
    """One layer to run, or several as one operation.

    Attributes:
        layer: the layer; the first of several.
        bottoms, tops: indices of blob versions.
        cut: positions of the bottoms without gradient (``propagate_down: false``).
        call: computes the tops; the layer itself unless a pass over the plan (`layerzoo.net.rewriting`) put
            an equal operation in its place.
        frees: versions that no later step needs.
    """

    layer: Layer
    bottoms: tuple[int, ...]
    tops: tuple[int, ...]
    cut: tuple[int, ...]
    call: Callable[..., Any]
    frees: tuple[int, ...] = ()


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
        kept: the blob versions to keep; None keeps all.
        finish: called after the steps, also after one that failed; None does nothing.
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
        self.kept = None if keep is None else frozenset(keep)
        self.finish: Callable[[], None] | None = None
        last = len(layers) - 1 if end is None else end
        given = set(fetched(graph, layers))
        run = [spec for spec in graph.layers[start : last + 1] if only is None or spec.index in only]
        steps: list[Step] = []
        for spec in run:
            if spec.kind.is_input or spec.index in given:
                continue
            cut = tuple(i for i, down in enumerate(spec.propagate_down) if not down)
            layer = layers[spec.index]
            steps.append(Step(layer, spec.bottoms, spec.tops, cut, layer))
        self.steps = self.freeing(steps)

    def freeing(self, steps: Sequence[Step]) -> list[Step]:
        """The steps, each with the versions to free: those that it uses last, and tops that nothing uses."""
        if self.kept is None:
            return list(steps)
        last_use = {b: place for place, step in enumerate(steps) for b in step.bottoms}
        freed = []
        for place, step in enumerate(steps):
            ends = (b for b in step.bottoms if last_use[b] == place)
            unused = (t for t in step.tops if t not in last_use)
            freed.append(step._replace(frees=tuple(sorted({*ends, *unused} - self.kept))))
        return freed

    def ready(self) -> Plan:
        """The plan to run now: itself, unless a subclass has others."""
        return self

    def with_steps(self, steps: Sequence[Step], finish: Callable[[], None] | None = None) -> Plan:
        """A plan that keeps the same blobs and runs other steps."""
        plan = copy(self)
        plan.steps, plan.finish = self.freeing(steps), finish
        return plan


def recorded(layer: Layer, call: Callable[..., Any], bottoms: Sequence[Tensor | None]) -> Any:
    """Run a layer, or the operation in its place, under its name in torch's profiler."""
    with torch.profiler.record_function(layer.name):
        return call(*bottoms)


def locate(error: Exception, layer: GraphLayer, name: str, bottoms: Iterable[object]) -> None:
    """Add to an error of a pass which layer raised it and where it stands.

    Args:
        error: the error.
        layer: the layer.
        name: its name, with the layers that run it.
        bottoms: the shapes it was given.

    Raises:
        ConfigError: in place of a fault of the layer that shows only in a pass.
    """
    origin = layer.origin()
    if isinstance(error, DataError):
        error.locate(name, layer.origin(next(iter(layer.kind.path_fields), "")))
        return
    if isinstance(error, LayerFault):
        at = layer.origin(error.field or "")
        raise ConfigError(Fault(error.message, at, error.hint, name)) from None
    where = f", {origin}" if origin else ""
    shapes = ", ".join(map(str, bottoms)) or "none"
    error.add_note(f"in layer '{name}' ({layer.param.type}{where}), bottoms: {shapes}")


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
    if plan.finish is None:
        _run(plan.steps, held, explain, profiled)
        return
    try:
        _run(plan.steps, held, explain, profiled)
    finally:
        plan.finish()


def _run(
    steps: Sequence[Step],
    held: list[Tensor | None],
    explain: Callable[[Exception, Layer, Sequence[Tensor | None]], object],
    profiled: bool,
) -> None:
    for layer, bottoms, tops, cut, call, frees in steps:
        given = [held[b] for b in bottoms]
        for position in cut:
            given[position] = given[position].detach()  # type: ignore[union-attr]
        try:
            made = recorded(layer, call, given) if profiled else call(*given)
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
