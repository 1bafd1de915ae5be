"""The order of samples: an endless sequence of epochs, any place of which can be asked for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from layerzoo.data.draws import Ints
from layerzoo.seeds import stable_seed


class Order:
    """Which sample stands at which number of the endless sequence.

    Epoch after epoch, each sample once an epoch; a batch may lie across the border of two epochs.

    Args:
        size: samples in an epoch.
        permute: gives an epoch's order of indices; None keeps the order of the source.
        seed: of the run.
        name: of the layer.
        skip: number of the sequence at which this one starts.
    """

    def __init__(
        self,
        size: int,
        permute: Callable[[np.random.Generator], Ints] | None = None,
        seed: int = 0,
        name: str = "",
        skip: int = 0,
    ) -> None:
        self.size = size
        self._permute = permute
        self._seed = seed
        self._name = name
        self._skip = skip
        self._epochs: dict[int, Ints] = {}

    def indices(self, numbers: Ints) -> Ints:
        """The sample at each of ``numbers`` (from 0, rising)."""
        places: Ints
        epochs, places = np.divmod(numbers + self._skip, self.size)
        if self._permute is None or not len(numbers):
            return places
        if epochs[0] == epochs[-1]:
            return self._epoch(int(epochs[0]))[places]
        chosen = np.empty_like(places)
        for epoch in np.unique(epochs):
            inside = epochs == epoch
            chosen[inside] = self._epoch(int(epoch))[places[inside]]
        return chosen

    def _epoch(self, epoch: int) -> Ints:
        if epoch not in self._epochs:
            assert self._permute is not None
            rng = np.random.default_rng(stable_seed(self._seed, self._name, "epoch", epoch))
            # a batch looks at the current epoch and the next, never further back
            self._epochs = {e: p for e, p in self._epochs.items() if e == epoch - 1}
            self._epochs[epoch] = self._permute(rng)
        return self._epochs[epoch]
