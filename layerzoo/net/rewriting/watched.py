"""What may change on a net from one pass to the next, at little cost for each pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torch import nn

from layerzoo.layer import Layer
from layerzoo.net.rewriting.chains import is_plain_state


class WatchedLayers:
    """Layers whose mode, hooks and forward passes are looked at before each pass.

    Args:
        layers: the layers.
    """

    def __init__(self, layers: Iterable[Layer]) -> None:
        self._layers = list(layers)
        self._states = list(map(vars, self._layers))  # attributes of a module are slower to read

    def __getstate__(self) -> list[Layer]:
        """The layers; a copy must look at the attributes of its own."""
        return self._layers

    def __setstate__(self, layers: list[Layer]) -> None:
        """Take layers over from a pickle."""
        self._layers, self._states = layers, list(map(vars, layers))

    def look(self) -> list[int] | None:
        """The places of the layers that aren't plain (`is_plain`); None if a layer is in training mode."""
        found = []
        for place, state in enumerate(self._states):
            if state["training"]:
                return None
            if not is_plain_state(state):
                found.append(place)
        return found


class WatchedParams:
    """The params that layers hold now.

    Args:
        layers: the layers; those with modules inside are walked each time.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._tables = [layer._parameters for layer in layers if layer._parameters and not layer._modules]
        self._nested = [layer for layer in layers if layer._modules]

    def now(self) -> list[nn.Parameter]:
        """The params; one that several layers hold stands there for each."""
        found = [param for table in self._tables for param in table.values() if param is not None]
        for layer in self._nested:
            found += layer.parameters()
        return found
