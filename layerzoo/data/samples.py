"""What every source of samples answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layerzoo.data.draws import Ints

Array = NDArray[Any]
Floats = NDArray[np.float32]
Image = NDArray[Any]
"""An image as the transform takes it: channels (BGR) x height x width, uint8 or float32."""


class Samples(ABC):
    """A finite set of samples that can be read in any order.

    It belongs to one reader at a time, which may be another thread than the one that made it; it knows
    nothing of the layer it feeds.

    Attributes:
        cheap: reading a batch costs less than handing it from one thread to another.
    """

    cheap: bool = False

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """One batch: an array for each top, the samples along its first axis.

        Args:
            indices: which samples.
            numbers: their numbers in the endless sequence; with ``key`` the source of what is random.
            key: names the random stream of the layer.

        Raises:
            DataError: a sample can't be read.
        """

    def permutation(self, rng: np.random.Generator) -> Ints:
        """A random order of all indices, for one epoch."""
        return rng.permutation(len(self))

    def close(self) -> None:  # noqa: B027 (most sources hold nothing open)
        """Let go of files."""


class ArraySamples(Samples):
    """Samples that lie in memory as arrays, one for each top."""

    cheap = True

    def __init__(self, *arrays: Array) -> None:
        self.arrays = arrays

    def __len__(self) -> int:
        return len(self.arrays[0])

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """One batch, copied."""
        return tuple(array[indices] for array in self.arrays)
