"""Counter-based random numbers for samples."""

from __future__ import annotations

from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from layerzoo.seeds import stable_seed

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Floats = NDArray[np.float64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)


class Draws:
    """``count`` random numbers per sample, as a function of the key and the sample's number.

    Computes SplitMix64 (Steele et al. 2014), whose n-th output needs no state, for all samples at once: a
    generator object per sample would cost more than reading the sample.

    Args:
        key: names the stream, see `layerzoo.seeds.stable_seed`.
        numbers: number of each sample in the endless sequence, from 0.
        count: random numbers per sample.
    """

    def __init__(self, key: int, numbers: Ints, count: int) -> None:
        places = np.arange(1, count + 1, dtype=np.uint64)
        z: Words = np.uint64(key) + (numbers.astype(np.uint64)[:, None] * np.uint64(count) + places) * GOLDEN
        z = (z ^ (z >> np.uint64(30))) * MIX_1
        z = (z ^ (z >> np.uint64(27))) * MIX_2
        self._high: Words = (z ^ (z >> np.uint64(31))) >> np.uint64(32)

    def below(self, bound: Ints | int, which: int) -> Ints:
        """The ``which``-th number of each sample, as an integer in [0, bound); ``bound`` below 2^31."""
        scaled: Words = self._high[:, which] * np.asarray(bound).astype(np.uint64)
        return (scaled >> np.uint64(32)).astype(np.int64)

    def uniform(self, which: int, low: float = 0.0, high: float = 1.0) -> Floats:
        """The ``which``-th number of each sample, as a float in [low, high)."""
        drawn: Floats = low + self._high[:, which].astype(np.float64) * ((high - low) / 2**32)
        return drawn

    @cached_property
    def all(self) -> Floats:
        """All numbers, samples x count, as floats in [0, 1)."""
        return self._high.astype(np.float64) / 2**32


class StreamKey(int):
    """The key of a layer's random stream, and how many of its samples are one batch.

    Attributes:
        batch_size: the samples that all processes together read at once, which follow each other.
        batch_key: the key of what is drawn for a whole batch.
        first: the number of the first sample of a batch, from which the others are counted.
    """

    batch_size: int
    batch_key: int
    first: int

    def __new__(cls, key: int, batch_size: int, batch_key: int | None = None, first: int = 0) -> Self:
        """See the class; without ``batch_key`` it is the key itself."""
        itself = super().__new__(cls, key)
        itself.batch_size, itself.batch_key = batch_size, key if batch_key is None else batch_key
        itself.first = first
        return itself


def other_stream(key: int, name: str) -> int:
    """The key of another stream; what is drawn for whole batches is the same, if ``key`` is a `StreamKey`."""
    other = stable_seed(key, name)
    if not isinstance(key, StreamKey):
        return other
    return StreamKey(other, key.batch_size, key.batch_key, key.first)


def batch_starts(key: int, numbers: Ints) -> Ints:
    """The number of the first sample of the batch that each sample is in, in whatever process it is read.

    With a key that doesn't say how large batches are, the samples are one batch.
    """
    if isinstance(key, StreamKey):
        return numbers - (numbers - key.first) % key.batch_size
    return np.broadcast_to(numbers[:1], numbers.shape)


def normals(key: int, count: int) -> Floats:
    """``count`` independent standard normal numbers, as a function of the key (Box and Muller 1958).

    `layerzoo.data.device_filters.normals_all` computes the same on a device.
    """
    z: Words = np.uint64(key) + np.arange(1, -(-count // 2) + 1, dtype=np.uint64) * GOLDEN
    z = (z ^ (z >> np.uint64(30))) * MIX_1
    z = (z ^ (z >> np.uint64(27))) * MIX_2
    z ^= z >> np.uint64(31)
    first = ((z >> np.uint64(32)).astype(np.float64) + 1) / 2**32
    turn = 2 * np.pi * ((z & np.uint64(0xFFFFFFFF)).astype(np.float64) / 2**32)
    length = np.sqrt(-2 * np.log(first))
    drawn: Floats = np.stack((length * np.cos(turn), length * np.sin(turn)), 1).reshape(-1)[:count]
    return drawn
