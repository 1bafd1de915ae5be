"""In what order a net runs, and which blobs it must hold on to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from layerzoo.graph import Graph
from layerzoo.layer import Layer


class Step(NamedTuple):
    """One layer's turn.

    Attributes:
        layer: what runs.
        bottoms, tops: indices of blob versions.
        cut: positions of the bottoms that no gradient may flow to (``propagate_down: false``).
        frees: versions that nothing after this step needs.
    """

    layer: Layer
    bottoms: tuple[int, ...]
    tops: tuple[int, ...]
    cut: tuple[int, ...]
    frees: tuple[int, ...]


class Plan:
    """The steps of one forward pass.

    Args:
        graph: the net's.
        layers: its layers, in the graph's order.
        keep: blob versions that must be there afterwards; None keeps all.
        start, end: first and last layer index to run, both included.
    """

    def __init__(
        self,
        graph: Graph,
        layers: list[Layer],
        keep: Iterable[int] | None = None,
        start: int = 0,
        end: int | None = None,
    ) -> None:
        kept = None if keep is None else set(keep)
        last = len(layers) - 1 if end is None else end
        self.steps: list[Step] = []
        for spec in graph.layers[start : last + 1]:
            if spec.kind.type_name == "Input":
                continue
            frees: set[int] = set()
            if kept is not None:
                # a blob goes after its last consumer, or at once where it has none
                ends = (b for b in spec.bottoms if graph.blobs[b].consumers[-1][0] == spec.index)
                unused = (t for t in spec.tops if not graph.blobs[t].consumers)
                frees = {*ends, *unused} - kept
            cut = tuple(i for i, down in enumerate(spec.propagate_down) if not down)
            self.steps.append(Step(layers[spec.index], spec.bottoms, spec.tops, cut, tuple(sorted(frees))))
