"""The order of samples: an endless sequence of epochs with random access."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from layerzoo.data.draws import Ints
from layerzoo.seeds import stable_seed


class Order:
    """Maps numbers of the endless sequence to indices of samples.

    Each epoch holds every sample once; a batch may span two epochs.

    Args:
        size: samples per epoch.
        permute: draws an epoch's order of indices; None keeps the order of the source.
        seed: seed of the run.
        name: name of the layer.
        skip: samples to skip at the start of the sequence.
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
        """The index of the sample at each of ``numbers`` (from 0, ascending)."""
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
            # a batch spans at most the current epoch and the next
            self._epochs = {e: p for e, p in self._epochs.items() if e == epoch - 1}
            self._epochs[epoch] = self._permute(rng)
        return self._epochs[epoch]
