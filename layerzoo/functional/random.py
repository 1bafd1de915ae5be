"""Counter-based random numbers for forward passes, without a generator.

Each number is a function of a key, the pass, the sample and its index in the sample: SplitMix64 (Steele et
al. 2014) in torch's int64 operations, whose products wrap around. So the numbers are the same for a pass that
runs eagerly, compiled, exported or repeatedly, on any device and in any number of processes.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, prod
from typing import Final

import torch

SCHEME: Final = 2
"""Version of the scheme, to increase when a seed gives other numbers; snapshots record it."""

_GOLDEN: Final = 0x9E3779B97F4A7C15 - (1 << 64)
_MIX_1: Final = 0xBF58476D1CE4E5B9 - (1 << 64)
_MIX_2: Final = 0x94D049BB133111EB - (1 << 64)
_LEVELS_PER_WORD: Final = 4


def words(
    key: int, number: torch.Tensor, rows: int, count: int, rank: int = 0, ranks: int = 1
) -> torch.Tensor:
    """``count`` random 64-bit words for each row of a batch.

    Args:
        key: identifies the stream, see `layerzoo.seeds.stable_seed`.
        number: number of the pass, shape (), int64, on the device of the result.
        rows: samples in this process's batch.
        count: words per sample.
        rank, ranks: index of this process and number of processes; row i is sample ``i * ranks + rank`` of
            the global batch.

    Returns:
        int64 over its whole range, shape (rows, count).
    """
    device = number.device
    begin = _mixed(number * _GOLDEN + key)
    samples = torch.arange(rank + 1, rank + 1 + rows * ranks, ranks, device=device)
    row_keys = _mixed(samples * _GOLDEN + begin)
    places = torch.arange(1, count + 1, device=device) * _GOLDEN
    return _mixed(row_keys[:, None] + places)


def levels(
    key: int, number: torch.Tensor, shape: Sequence[int], rank: int = 0, ranks: int = 1
) -> torch.Tensor:
    """A random 16-bit number for each element of a blob, four per word.

    Args:
        key, number, rank, ranks: as for `words`.
        shape: of the blob, with the samples along axis 0; () is one sample.

    Returns:
        int16 over its whole range, of that shape.
    """
    rows, each = _extent(shape)
    count = -(-each // _LEVELS_PER_WORD)
    drawn = words(key, number, rows, count, rank, ranks).flatten().view(torch.int16)
    return drawn.view(rows, count * _LEVELS_PER_WORD)[:, :each].reshape(shape)


def uniform(
    key: int, number: torch.Tensor, shape: Sequence[int], rank: int = 0, ranks: int = 1
) -> torch.Tensor:
    """A random number in (0, 1] for each element of a blob.

    Args:
        key, number, rank, ranks: as for `words`.
        shape: of the blob, with the samples along axis 0; () is one sample.

    Returns:
        float32, multiples of 2^-24, of that shape.
    """
    drawn = words(key, number, *_extent(shape), rank, ranks)
    return (_shifted(drawn, 40) + 1).float().mul_(2.0**-24).reshape(shape)


def normal(
    key: int, number: torch.Tensor, shape: Sequence[int], rank: int = 0, ranks: int = 1
) -> torch.Tensor:
    """A normal number of mean 0 and variance 1 for each element of a blob (Box and Muller 1958).

    They are computed in double precision: single precision hides how devices round logarithms and cosines.

    Args:
        key, number, rank, ranks: as for `words`.
        shape: of the blob, with the samples along axis 0; () is one sample.

    Returns:
        float32, up to 7.4 in size, of that shape.
    """
    rows, each = _extent(shape)
    drawn = words(key, number, rows, -(-each // 2), rank, ranks)
    radius = (-2 * ((_shifted(drawn, 24) + 1).double() * 2.0**-40).log()).sqrt()
    angle = (drawn & ((1 << 24) - 1)).double() * (2 * pi * 2.0**-24)
    pairs = torch.stack((radius * angle.cos(), radius * angle.sin()), -1).float()
    return pairs.flatten(1)[:, :each].reshape(shape)


def gumbel(
    key: int, number: torch.Tensor, shape: Sequence[int], rank: int = 0, ranks: int = 1
) -> torch.Tensor:
    """A number of the standard Gumbel distribution, ``-log(-log(u))``, for each element of a blob.

    ``argmax(logits + gumbel)`` is a sample of ``softmax(logits)``.

    Args:
        key, number, rank, ranks: as for `words`.
        shape: of the blob, with the samples along axis 0; () is one sample.

    Returns:
        float32, from -3.6 to 36.8, of that shape.
    """
    drawn = words(key, number, *_extent(shape), rank, ranks)
    u = (_shifted(drawn, 12).double() + 0.5) * 2.0**-52
    return (-(-u.log()).log()).float().reshape(shape)


def _extent(shape: Sequence[int]) -> tuple[int, int]:
    """The number of samples and of elements per sample."""
    return (shape[0], prod(shape[1:])) if len(shape) else (1, 1)


def _mixed(z: torch.Tensor) -> torch.Tensor:
    """SplitMix64's mixing function, in place in the tensor."""
    z = z.bitwise_xor_(_shifted(z, 30)).mul_(_MIX_1)
    z = z.bitwise_xor_(_shifted(z, 27)).mul_(_MIX_2)
    return z.bitwise_xor_(_shifted(z, 31))


def _shifted(z: torch.Tensor, by: int) -> torch.Tensor:
    """Logical right shift; torch's ``>>`` is an arithmetic one."""
    return (z >> by).bitwise_and_((1 << (64 - by)) - 1)
