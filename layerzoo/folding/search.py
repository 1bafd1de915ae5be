"""Find groups of layers that a net has several times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final, NamedTuple

from layerzoo.folding.slots import Slotted

_TRIED: Final = 40
"""How many of the most promising groups are looked at closely, in each step."""
_PER_RUN: Final = 4.0
_PER_USE: Final = 0.3
_PER_BLOB: Final = 1.0
_TASTES: Final = (0.0, 1.0, 2.0, 4.0)
"""How much a group is preferred that is there often over one that is long: a greedy search takes a long one
first, whose parts would have been a better block."""


class Wiring(NamedTuple):
    """How the layers of a group are connected, without the names of blobs.

    Attributes:
        shape: for each layer, its bottoms and tops as labels: ``(False, k)`` is the k-th blob from outside,
            ``(True, k)`` the k-th that is produced inside.
        outside: the names of the blobs from outside.
        inside: the names of the blobs that are produced inside.
    """

    shape: tuple[tuple[tuple[tuple[bool, int], ...], ...], ...]
    outside: tuple[str, ...]
    inside: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """A group of layers that a net has several times.

    Attributes:
        length: the number of its layers.
        starts: where it begins, in the order of the net.
        wirings: the wiring at each of these places; their shapes are equal.
        outputs: the blobs from inside that other layers read, as numbers of ``Wiring.inside``.
    """

    length: int
    starts: tuple[int, ...]
    wirings: tuple[Wiring, ...]
    outputs: tuple[int, ...]

    def runs(self) -> list[list[int]]:
        """Its uses in runs, as numbers of ``starts``: each begins where the one before ends, and reads it."""
        runs: list[list[int]] = []
        for use in range(len(self.starts)):
            if runs and self._follows(runs[-1][-1], use):
                runs[-1].append(use)
            else:
                runs.append([use])
        return runs

    def _follows(self, before: int, use: int) -> bool:
        if self.starts[before] + self.length != self.starts[use] or not self.outputs:
            return False
        last, own = self.wirings[before], self.wirings[use]
        carried = [last.inside[label] for label in self.outputs][: len(own.outside)]
        return list(own.outside) == carried + list(last.outside[len(carried) :])

    @cached_property
    def saving(self) -> float:
        """The number of lines that a block for it saves, about."""
        uses, runs = len(self.starts), len(self.runs())
        blobs = len(self.wirings[0].outside) + len(self.outputs)
        return (uses - 1) * self.length - _PER_RUN * runs - _PER_USE * uses - _PER_BLOB * blobs - 2


def find_groups(layers: Sequence[Slotted]) -> list[Group]:
    """Groups that save lines, none of which overlaps another: those of the taste that saves the most."""
    kinds: dict[object, int] = {}
    ids = [kinds.setdefault(layer.skeleton, len(kinds)) for layer in layers]
    proposals = [_greedy(layers, ids, taste) for taste in _TASTES]
    return max(proposals, key=lambda groups: sum(group.saving for group in groups))


def _greedy(layers: Sequence[Slotted], ids: Sequence[int], taste: float) -> list[Group]:
    """Groups of which each is the best for what those before it leave."""
    free = [True] * len(layers)
    groups: list[Group] = []
    while (best := _best(layers, ids, free, taste)) is not None:
        groups.append(best)
        for start in best.starts:
            free[start : start + best.length] = [False] * best.length
    return groups


def wiring_of(layers: Sequence[Slotted]) -> Wiring:
    """The wiring of layers that follow each other."""
    outside: dict[str, int] = {}
    inside: dict[str, int] = {}

    def label(name: str) -> tuple[bool, int]:
        if name in inside:
            return True, inside[name]
        return False, outside.setdefault(name, len(outside))

    shape = []
    for layer in layers:
        bottoms = tuple(label(name) for name in layer.bottoms)
        tops = []
        for name in layer.tops:
            if name not in layer.bottoms:
                inside.setdefault(name, len(inside))
            tops.append(label(name))
        shape.append((bottoms, tuple(tops)))
    return Wiring(tuple(shape), tuple(outside), tuple(inside))


def _best(layers: Sequence[Slotted], ids: Sequence[int], free: Sequence[bool], taste: float) -> Group | None:
    """The group that saves the most lines, weighed by a taste; None if none saves any."""

    def weighed(saving: float, uses: int) -> float:
        return float(saving * (1 - 1 / uses) ** taste)

    candidates = sorted(_candidates(ids, free), key=lambda one: -weighed(one[0], len(one[2])))
    best: Group | None = None
    most = 0.0
    for hope, length, starts in candidates[:_TRIED]:
        if weighed(hope, len(starts)) <= most:
            break
        for group in _alike(layers, length, starts):
            if (value := weighed(group.saving, len(group.starts))) > most:
                best, most = group, value
    return best


def _candidates(ids: Sequence[int], free: Sequence[bool]) -> Iterator[tuple[float, int, list[int]]]:
    """Sequences of layers of equal skeletons: the lines that they may save, their length and their places."""
    ranks = [one if is_free else -1 for one, is_free in zip(ids, free, strict=True)]
    count = len(ids)
    for length in range(2, count // 2 + 1):
        seen: dict[tuple[int, int], int] = {}
        for start in range(count - length + 1):
            end = start + length - 1
            if ranks[start] >= 0:
                whole = free[end]
                ranks[start] = seen.setdefault((ranks[start], ids[end]), len(seen)) if whole else -1
        places: dict[int, list[int]] = {}
        for start in range(count - length + 1):
            if ranks[start] >= 0:
                of = places.setdefault(ranks[start], [])
                if not of or start >= of[-1] + length:
                    of.append(start)
        repeated = [starts for starts in places.values() if len(starts) > 1]
        if not repeated:
            return
        for starts in repeated:
            joined = sum(a + length == b for a, b in pairwise(starts))
            runs = len(starts) - joined
            hope = (len(starts) - 1) * length - _PER_RUN * runs - _PER_USE * len(starts) - 2
            if hope > 0:
                yield hope, length, starts


def _alike(layers: Sequence[Slotted], length: int, starts: Sequence[int]) -> Iterator[Group]:
    """The groups among some places whose wiring is equal."""
    by_shape: dict[object, list[tuple[int, Wiring]]] = {}
    for start in starts:
        wiring = wiring_of(layers[start : start + length])
        by_shape.setdefault(wiring.shape, []).append((start, wiring))
    for uses in by_shape.values():
        if len(uses) < 2:
            continue
        read: set[int] = set()
        for start, wiring in uses:
            after = {name for layer in layers[start + length :] for name in layer.bottoms}
            read.update(number for number, name in enumerate(wiring.inside) if name in after)
        last = len(uses[0][1].inside) - 1
        outputs = tuple(sorted(read)) or ((last,) if last >= 0 else ())
        yield Group(length, tuple(s for s, _ in uses), tuple(w for _, w in uses), outputs)
