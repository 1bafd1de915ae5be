"""Base class of sources that pass on those of another."""

from __future__ import annotations

import numpy as np

from layerzoo.data.draws import Ints
from layerzoo.data.samples import Array, Kept, Samples


class Wrapped(Samples):
    """The samples of another source; subclasses change how they are read.

    Args:
        source: the other source.
    """

    def __init__(self, source: Samples) -> None:
        self.source = source
        self.cheap, self.labels_are_known = source.cheap, source.labels_are_known

    def __len__(self) -> int:
        return len(self.source)

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read one batch."""
        return self.source.read(indices, numbers, key)

    def permutation(self, rng: np.random.Generator) -> Ints:
        """Draw a random order of all indices, for one epoch."""
        return self.source.permutation(rng)

    def keep(self, kept: Kept) -> bool:
        """Keep decoded images; see `Samples.keep`."""
        return self.source.keep(kept)

    def key_of(self, index: int) -> str:
        """What identifies a sample in the source."""
        return self.source.key_of(index)

    def name(self, index: int) -> str:
        """The name of a sample in messages."""
        return self.source.name(index)

    def part_of(self, index: int) -> int | None:
        """The part of the source's own that a sample is in."""
        return self.source.part_of(index)

    def labels(self) -> Ints | None:
        """The class of each sample, see `Samples.labels`."""
        return self.source.labels()

    def close(self) -> None:
        """Close the source."""
        self.source.close()
