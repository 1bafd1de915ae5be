"""Layered graph layout: layers from top to bottom, few crossings, straight lines.

The method of Sugiyama, Tagawa and Toda (1981): ranks by longest path, dummy nodes where an edge passes a
rank, orders by medians, positions by order-preserving least squares.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Final

GAP_X: Final = 28.0
GAP_Y: Final = 46.0
_PASSING: Final = 10.0
_SWEEPS: Final = 12
_STRAIGHTNESS: Final = 4.0


@dataclass
class _Slot:
    """A box, or a dummy node where an edge passes a rank."""

    width: float
    height: float
    rank: int = 0
    x: float = 0.0
    up: list[int] = field(default_factory=list)
    down: list[int] = field(default_factory=list)
    passing: bool = False


@dataclass
class Layout:
    """Coordinates of a diagram.

    Attributes:
        centres: centre of each box.
        paths: points of each edge, from the lower side of one box to the upper side of the other.
        width, height: size of the whole diagram.
    """

    centres: list[tuple[float, float]]
    paths: list[list[tuple[float, float]]]
    width: float
    height: float


def lay_out(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Layout:
    """Lay out boxes of the given sizes; the edges must be acyclic."""
    slots = [_Slot(width, height) for width, height in sizes]
    _set_ranks(slots, edges)
    chains = [_chain(slots, start, end) for start, end in edges]
    ranks = _ordered(slots)
    _set_x(slots, ranks)
    return _placed(slots, ranks, len(sizes), chains)


def _set_ranks(slots: list[_Slot], edges: Sequence[tuple[int, int]]) -> None:
    """Set ranks by the longest path; boxes without inputs go right above their first consumer."""
    above: list[list[int]] = [[] for _ in slots]
    below: list[list[int]] = [[] for _ in slots]
    for start, end in edges:
        above[end].append(start)
        below[start].append(end)
    waiting = [len(starts) for starts in above]
    ready = [index for index, count in enumerate(waiting) if not count]
    for index in ready:  # ready grows in the loop
        slots[index].rank = max((slots[start].rank + 1 for start in above[index]), default=0)
        for end in below[index]:
            waiting[end] -= 1
            if not waiting[end]:
                ready.append(end)
    for index, slot in enumerate(slots):
        if not above[index] and below[index]:
            slot.rank = min(slots[end].rank for end in below[index]) - 1


def _chain(slots: list[_Slot], start: int, end: int) -> list[int]:
    """The slots along an edge, with a new dummy slot on each rank between its ends."""
    chain = [start]
    for rank in range(slots[start].rank + 1, slots[end].rank):
        slots.append(_Slot(_PASSING, 0.0, rank, passing=True))
        chain.append(len(slots) - 1)
    chain.append(end)
    for upper, lower in pairwise(chain):
        slots[upper].down.append(lower)
        slots[lower].up.append(upper)
    return chain


def _ordered(slots: list[_Slot]) -> list[list[int]]:
    """The slots of each rank from left to right, ordered to reduce edge crossings."""
    ranks: list[list[int]] = [[] for _ in range(max((slot.rank for slot in slots), default=-1) + 1)]
    for index, slot in enumerate(slots):
        ranks[slot.rank].append(index)
    best, fewest = [list(rank) for rank in ranks], _crossings(slots, ranks)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        downwards = sweep % 2 == 0
        place = {index: at for rank in ranks for at, index in enumerate(rank)}
        for rank in ranks if downwards else reversed(ranks):
            keys = {}
            for index in rank:
                near = slots[index].up if downwards else slots[index].down
                keys[index] = median(place[n] for n in near) if near else float(place[index])
            rank.sort(key=lambda index: keys[index])
            place.update((index, at) for at, index in enumerate(rank))
        crossings = _crossings(slots, ranks)
        if crossings < fewest:
            best, fewest = [list(rank) for rank in ranks], crossings
    return best


def _crossings(slots: list[_Slot], ranks: list[list[int]]) -> int:
    total = 0
    for upper, lower in pairwise(ranks):
        place = {index: at for at, index in enumerate(lower)}
        seen: list[int] = []  # ends of the edges processed so far, sorted
        for index in upper:
            ends = sorted(place[n] for n in slots[index].down)
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _set_x(slots: list[_Slot], ranks: list[list[int]]) -> None:
    """Set x so that each rank is close to its neighbours, sweeping down and up in turn."""
    for rank in ranks:
        x = 0.0
        for index in rank:
            slots[index].x = x + slots[index].width / 2
            x += slots[index].width + GAP_X
    for sweep in range(2 * _SWEEPS):
        downwards = sweep % 2 == 0
        for rank in ranks if downwards else reversed(ranks):
            wanted, weights = [], []
            for index in rank:
                slot = slots[index]
                near = (slot.up if downwards else slot.down) or slot.down or slot.up
                wanted.append(sum(slots[n].x for n in near) / len(near) if near else slot.x)
                straight = slot.passing and any(slots[n].passing for n in near)
                weights.append(_STRAIGHTNESS if straight else 1.0)
            _settle(slots, rank, wanted, weights)


def _settle(slots: list[_Slot], rank: list[int], wanted: list[float], weights: list[float]) -> None:
    """Fit x to the wanted positions by least squares, keeping order and gaps between slots."""
    offsets, offset = [], 0.0
    for left, right in pairwise([*rank, rank[-1]]):
        offsets.append(offset)
        offset += (slots[left].width + slots[right].width) / 2 + GAP_X
    blocks: list[tuple[float, float, int]] = []  # mean of (wanted - offset), weight, number of slots
    for target, off, weight in zip(wanted, offsets, weights, strict=True):
        mean, heavy, members = target - off, weight, 1
        while blocks and blocks[-1][0] > mean:
            other, more, count = blocks.pop()
            mean = (mean * heavy + other * more) / (heavy + more)
            heavy, members = heavy + more, members + count
        blocks.append((mean, heavy, members))
    means = (mean for mean, _, members in blocks for _ in range(members))
    for index, mean, off in zip(rank, means, offsets, strict=True):
        slots[index].x = mean + off


def _placed(slots: list[_Slot], ranks: list[list[int]], boxes: int, chains: list[list[int]]) -> Layout:
    left = min((slot.x - slot.width / 2 for slot in slots), default=0.0) - GAP_X
    right = max((slot.x + slot.width / 2 for slot in slots), default=0.0) + GAP_X
    middles, y = [], GAP_Y / 2
    for rank in ranks:
        tall = max(slots[index].height for index in rank)
        for index in rank:
            if slots[index].passing:
                slots[index].height = tall
        middles.append(y + tall / 2)
        y += tall + GAP_Y
    centres = [(slot.x - left, middles[slot.rank]) for slot in slots]

    def side(index: int, sign: int) -> tuple[float, float]:
        x, middle = centres[index]
        return x, middle + sign * slots[index].height / 2

    paths = []
    for first, *between, last in chains:
        straight = [side(index, sign) for index in between for sign in (-1, 1)]
        paths.append([side(first, 1), *straight, side(last, -1)])
    return Layout(centres[:boxes], paths, right - left, y - GAP_Y / 2)
