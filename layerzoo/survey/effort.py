"""Limit the work of the pass that examines a net: smaller images and fewer regions for large nets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil
from typing import Final

from layerzoo.errors import ConfigError
from layerzoo.graph import Graph, includes
from layerzoo.layer import kind_of
from layerzoo.schema import NetParameter, NetState

_DIVISORS: Final = (1, 1.5, 2, 4)
_REGIONS: Final = 8
_SMALLEST: Final = 96
"""Sides up to this length are kept."""
_MULTIPLE: Final = 32
"""Nets halve their images up to five times, and join what they computed at several sizes."""


@dataclass(frozen=True)
class Reduction:
    """How inputs become smaller.

    Attributes:
        divisor: divisor of the heights and widths of images.
        regions: the most regions of a net, and the largest first axis of its inputs.
    """

    divisor: float = 1
    regions: int = _REGIONS

    def apply(self, net: NetParameter, state: NetState) -> None:
        """Make the inputs of a net smaller, in place."""
        for layer in net.layer:
            kind = kind_of(layer)
            if kind is None or not includes(layer, state):
                continue
            if kind.self_contained or kind.is_input:
                for shape in (*layer.input_param.shape, *layer.dummy_data_param.shape):
                    shape.dim[:] = self._of_shape(list(shape.dim))
            if kind.regions_field:
                message, _, field = kind.regions_field.partition(".")
                given = getattr(layer, message)
                setattr(given, field, min(getattr(given, field) or self.regions, self.regions))

    def _of_shape(self, shape: list[int]) -> list[int]:
        first = [min(n, self.regions) for n in shape[:1]]
        if len(shape) != 4 or min(shape[2:]) <= _SMALLEST:
            return [*first, *shape[1:]]
        return [*first, shape[1], *(self._of_side(side) for side in shape[2:])]

    def _of_side(self, side: int) -> int:
        """A smaller side: a multiple of 32, or one more where the side is one more than a multiple of 8."""
        more = int(side % 8 == 1)
        smaller = ceil(side // self.divisor / _MULTIPLE) * _MULTIPLE + more
        return side if self.divisor == 1 else min(side, smaller)


def multiply_adds(graph: Graph) -> int:
    """Multiply-adds of a forward pass."""
    return sum(graph.macs(layer) for layer in graph.layers)


def reduced(graph: Graph, most: int, wire: Callable[[Reduction], Graph]) -> tuple[Graph, str] | None:
    """Wire a net with smaller inputs if a forward pass needs more than a number of multiply-adds.

    Args:
        graph: the net as its config says.
        most: multiply-adds to stay below, if possible.
        wire: builds the graph with smaller inputs; raises ConfigError if they don't fit.

    Returns:
        The graph and a note, or None if the net is small enough or fits only its own inputs.
    """
    full = multiply_adds(graph)
    if full <= most:
        return None
    best, least = None, full
    for divisor in _DIVISORS:
        try:
            smaller = wire(Reduction(divisor))
        except ConfigError:
            continue
        work = multiply_adds(smaller)
        if work < least and list(_channels(smaller)) == list(_channels(graph)):
            best, least = smaller, work
        if least <= most:
            break
    if best is None:
        return None
    sizes = ", ".join("x".join(map(str, blob.shape or ())) for blob in best.inputs)
    inputs = f" of {sizes}" if sizes else ""
    return best, f"run on smaller inputs{inputs}: a pass takes {full / 1e9:.0f} billion multiply-adds"


def _channels(graph: Graph) -> Iterator[tuple[str, tuple[int, ...]]]:
    for blob in graph.inputs:
        shape = blob.shape or ()
        yield blob.name, shape[1 : 2 if len(shape) == 4 else None]
