"""Base class of the sources of samples, and samples in memory."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from layerzoo.data.draws import Ints

Array = NDArray[Any]
Floats = NDArray[np.float32]
Image = NDArray[Any]
"""An image before its transforms: channels (BGR) x height x width, uint8 or float32."""


class Kept(Protocol):
    """Keeps images by their index in the batch that is being read."""

    def get(self, index: int) -> Image | None:
        """An image that is kept, read-only."""

    def put(self, index: int, image: Image) -> None:
        """Keep an image."""


class Samples(ABC):
    """A finite set of samples with random access.

    It is used by one thread at a time, which need not be the one that created it, and holds no reference to
    its layer.

    Attributes:
        cheap: whether reading a batch costs less than passing it between threads.
        labels_are_known: whether `labels` reads no samples.
    """

    cheap: bool = False
    labels_are_known: bool = False

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read one batch: an array for each top, with the samples along the first axis.

        Args:
            indices: indices of the samples.
            numbers: their numbers in the endless sequence; with ``key`` they seed random transforms.
            key: key of the layer's random stream.

        Raises:
            DataError: a sample can't be read.
        """

    def permutation(self, rng: np.random.Generator) -> Ints:
        """Draw a random order of all indices, for one epoch."""
        return rng.permutation(len(self))

    def keep(self, kept: Kept) -> bool:
        """Keep images after decoding and the other leading transforms that aren't random.

        Args:
            kept: where they stay; the n-th image of a batch is that of the n-th index.

        Returns:
            whether there are any such images.
        """
        return False

    def key_of(self, index: int) -> str:
        """What identifies a sample when others are added: the path of its file in the source, or its number.

        The split of a sample is a function of it. Going through the keys in order costs one pass at most.
        """
        return str(index)

    def part_of(self, index: int) -> int | None:
        """The part of a source that is divided already: a value of ``ReadingParameter.Split``; else None."""
        return None

    def name(self, index: int) -> str:
        """The name of a sample in messages."""
        return f"sample {index}"

    def labels(self) -> Ints | None:
        """The class of each sample; None if a sample has none, or several.

        Raises:
            DataError: a sample can't be read.
        """
        return None

    def close(self) -> None:  # noqa: B027 (most sources have no open files)
        """Close open files."""


class ArraySamples(Samples):
    """Samples in memory, as one array for each top."""

    cheap = True
    labels_are_known = True

    def __init__(self, *arrays: Array) -> None:
        self.arrays = arrays

    def __len__(self) -> int:
        return len(self.arrays[0])

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read one batch, as copies."""
        return tuple(array[indices] for array in self.arrays)

    def labels(self) -> Ints | None:
        """The second array, if it holds a whole number for each sample."""
        return as_classes(self.arrays[1]) if len(self.arrays) > 1 else None


def as_classes(labels: Array) -> Ints | None:
    """Labels as integers; None unless there is one whole number for each sample."""
    if labels.ndim != 1 or not np.array_equal(labels, classes := labels.astype(np.int64)):
        return None
    return classes
