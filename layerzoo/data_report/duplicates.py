"""Find images that are the same, or nearly so, by hashes of small copies.

The hash of an image has 64 bits: whether each of 8 x 8 cells is brighter than its right neighbour (dHash).
Two hashes with at most `_BITS` different bits agree in at least one of four groups of 16 bits, so that
candidates are found by sorting, not by comparing all pairs; they are then compared by their thumbnails.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from layerzoo.data.samples import Image

_SIDE: Final = 16
THUMB: Final = _SIDE * _SIDE
"""Pixels of a thumbnail."""
_BITS: Final = 3
_DIFFERENCE: Final = 6.0
"""The largest mean difference of two thumbnails of near duplicates, in grey levels."""
_FLAT: Final = 6.0
"""Images whose thumbnail deviates less than this are not compared: sky, paper, black frames."""
_AT_ONCE: Final = 1 << 22
_SET_BITS: Final = np.array([byte.bit_count() for byte in range(256)], np.uint8)
"""The number of bits that are set in each byte."""
MAX_PAIRS: Final = 100_000
"""The most pairs that are returned."""


class Pair(NamedTuple):
    """Two places whose samples are alike, and whether they are the same value for value."""

    first: int
    second: int
    exact: bool


def thumbnail_of(image: Image) -> NDArray[np.uint8]:
    """A small grey copy of an image of bytes (channels x height x width), flat."""
    gray = image.reshape(-1, *image.shape[-2:]).mean(0, dtype=np.float32)[None]
    height, width = gray.shape[1:]
    if height < _SIDE or width < _SIDE:
        small = _stretched(gray)
    else:
        rows, columns = (np.linspace(0, side, _SIDE + 1).astype(int)[:-1] for side in (height, width))
        sums = np.add.reduceat(np.add.reduceat(gray[0], rows, 0), columns, 1)
        cells = np.outer(np.diff([*rows, height]), np.diff([*columns, width]))
        small = (sums / cells)[None]
    thumbnail: NDArray[np.uint8] = np.rint(small[0]).clip(0, 255).astype(np.uint8).reshape(-1)
    return thumbnail


def _stretched(gray: Image) -> Image:
    """An image smaller than a thumbnail, each pixel repeated."""
    _, height, width = gray.shape
    rows, columns = (np.arange(_SIDE) * side // _SIDE for side in (height, width))
    return gray[:, rows[:, None], columns]


def hash_of(thumbnail: NDArray[np.uint8]) -> int:
    """The perceptual hash of a thumbnail."""
    cells = thumbnail.reshape(8, 2, _SIDE).sum(1, dtype=np.int64)
    sums = cells.reshape(8, 8, 2).sum(2)
    wrapped = np.concatenate((sums, sums[:, :1]), 1)
    bits = (wrapped[:, :-1] > wrapped[:, 1:]).ravel()
    return int(np.packbits(bits).view(">u8")[0])


def same_values(first: Sequence[bytes], second: Sequence[bytes] | None = None) -> list[Pair]:
    """Pairs of equal digests: within one list, each with the first of its kind, or between two."""
    seen: dict[bytes, int] = {}
    pairs = []
    if second is None:
        for place, digest in enumerate(first):
            other = seen.setdefault(digest, place)
            if other != place:
                pairs.append(Pair(other, place, True))
    else:
        for place, digest in enumerate(first):
            seen.setdefault(digest, place)
        pairs = [Pair(seen[digest], place, True) for place, digest in enumerate(second) if digest in seen]
    return pairs[:MAX_PAIRS]


def near_pairs(
    first: tuple[NDArray[np.uint64], NDArray[np.uint8]],
    second: tuple[NDArray[np.uint64], NDArray[np.uint8]] | None = None,
) -> list[Pair]:
    """Pairs of images that are nearly the same, the same ones included.

    Args:
        first: hashes (N) and thumbnails (N x 256).
        second: those of other images; None compares the first among themselves.
    """
    others = first if second is None else second
    pairs: set[tuple[int, int]] = set()
    rows = [_structured(thumbnails) for _, thumbnails in (first, others)]
    if not len(rows[0]) or not len(rows[1]):
        return []
    coarse = [_coarse(thumbnails) for _, thumbnails in (first, others)]
    for shift in range(0, 64, 16):
        parts = (hashes >> np.uint64(shift) & np.uint64(0xFFFF) for hashes, _ in (first, others))
        keys = [part[use] for part, use in zip(parts, rows, strict=True)]
        for left, right in _candidates(*keys):
            here, there = rows[0][left], rows[1][right]
            bits = first[0][here] ^ others[0][there]
            alike = _bits(bits) <= _BITS
            for earlier in range(0, shift, 16):  # compared there already
                alike &= (bits >> np.uint64(earlier) & np.uint64(0xFFFF)) != 0
            if second is None:
                alike &= here < there
            here, there = here[alike], there[alike]
            # means of cells differ by less than the cells
            for values, rounding in ((coarse, 1.0), ((first[1], others[1]), 0.0)):
                gaps = np.abs(values[0][here].astype(np.int16) - values[1][there]).mean(1)
                near = gaps <= _DIFFERENCE + rounding
                here, there = here[near], there[near]
            pairs.update(zip(here.tolist(), there.tolist(), strict=True))
            if len(pairs) >= MAX_PAIRS:
                break
    return [Pair(here, there, False) for here, there in sorted(pairs)[:MAX_PAIRS]]


def _coarse(thumbnails: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Thumbnails of 4 x 4 pixels, rounded down."""
    quarter = _SIDE // 4
    cells = thumbnails.reshape(-1, 4, quarter, 4, quarter).mean((2, 4), dtype=np.float32)
    small: NDArray[np.int16] = cells.astype(np.int16).reshape(-1, 16)
    return small


def _bits(words: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The number of bits that are set in each word."""
    counts: NDArray[np.int64] = _SET_BITS[words.view(np.uint8).reshape(-1, 8)].sum(1, dtype=np.int64)
    return counts


def _structured(thumbnails: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Places of the thumbnails that show something."""
    return np.flatnonzero(thumbnails.std(1) >= _FLAT)


def _candidates(
    first: NDArray[np.uint64], second: NDArray[np.uint64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Places of equal keys in two arrays, in parts of bounded size."""
    order = np.argsort(second, kind="stable")
    ordered = second[order]
    starts = np.searchsorted(ordered, first, "left")
    counts = np.searchsorted(ordered, first, "right") - starts
    ends = np.cumsum(counts)
    begin = 0
    while begin < len(first):
        done = ends[begin - 1] if begin else 0
        stop = max(begin + 1, int(np.searchsorted(ends, done + _AT_ONCE, "right")))
        part = counts[begin:stop]
        left = np.repeat(np.arange(begin, stop), part)
        within = np.arange(len(left)) - np.repeat(np.cumsum(part) - part, part)
        yield left, order[np.repeat(starts[begin:stop], part) + within]
        begin = stop
