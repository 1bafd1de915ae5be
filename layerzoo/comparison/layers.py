"""Match the layers of two nets: by name, type and phase; what is left, by what the layers do."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Final, NamedTuple

from layerzoo.graph import blobs_read
from layerzoo.schema import LayerParameter, Phase

_NAMES: Final = ("name", "bottom", "top")
"""The fields of a layer that renaming changes, besides the names of its params."""


class Matched(NamedTuple):
    """The pairs of layers of two nets, by their indices.

    Attributes:
        pairs: the layers that are in both nets, in the order of the second.
        removed: the layers that only the first net has.
        added: those that only the second has.
        moved: the second indices of pairs that have another place among the others.
    """

    pairs: list[tuple[int, int]]
    removed: list[int]
    added: list[int]
    moved: set[int]


def matched(old: Iterable[LayerParameter], new: Iterable[LayerParameter]) -> Matched:
    """Match the layers of two nets.

    A layer that is matched by its name may have another type. One that is matched without it has the same
    type, and either the same fields and the same layers before it, or the same tops.
    """
    ours, theirs = list(old), list(new)
    pair: dict[int, int] = {}
    left, right = list(range(len(ours))), list(range(len(theirs)))
    sources = _producers(ours), _producers(theirs)

    def same_inputs(before: int, after: int) -> bool:
        blobs = blobs_read(ours[before]), blobs_read(theirs[after])
        if len(blobs[0]) != len(blobs[1]):
            return False
        producers = zip(sources[0][before], sources[1][after], strict=True)
        same = [source >= 0 and pair.get(source) == other for source, other in producers]
        return all(known or a == b for known, a, b in zip(same, *blobs, strict=True))

    for key in (_exactly, _by_type, _by_name, _by_body, _by_tops):
        waiting: dict[Hashable, list[int]] = defaultdict(list)
        for index in right:
            waiting[key(theirs[index])].append(index)
        for index in left:
            candidates = waiting.get(key(ours[index]), [])
            if key is _by_body:
                candidates = [after for after in candidates if same_inputs(index, after)]
            if candidates:
                pair[index] = candidates[0]
                waiting[key(ours[index])].remove(candidates[0])
        taken = set(pair.values())
        left = [index for index in left if index not in pair]
        right = [index for index in right if index not in taken]
    pairs = sorted(pair.items(), key=lambda both: both[1])
    stay = _longest_increase([before for before, _ in pairs])
    moved = {after for place, (_, after) in enumerate(pairs) if place not in stay}
    return Matched(pairs, left, right, moved)


def phase_of(layer: LayerParameter) -> str:
    """The phase to which a layer's rules restrict it; empty if they don't."""
    phases = {Phase.Name(rule.phase) if rule.HasField("phase") else "" for rule in layer.include}
    return phases.pop() if len(phases) == 1 else ""


def _exactly(layer: LayerParameter) -> Hashable:
    return layer.name, layer.type, _rules(layer)


def _by_type(layer: LayerParameter) -> Hashable:
    return layer.name, layer.type


def _by_name(layer: LayerParameter) -> Hashable:
    return layer.name


def _by_body(layer: LayerParameter) -> Hashable:
    """All of a layer but names."""
    body = LayerParameter()
    body.CopyFrom(layer)
    for name in _NAMES:
        body.ClearField(name)
    for param in body.param:
        param.ClearField("name")
    return body.SerializeToString(deterministic=True)


def _by_tops(layer: LayerParameter) -> Hashable:
    return layer.type, tuple(layer.top), _rules(layer)


def _rules(layer: LayerParameter) -> Hashable:
    return tuple(rule.SerializeToString() for rule in (*layer.include, *layer.exclude))


def _producers(layers: list[LayerParameter]) -> list[list[int]]:
    """For each bottom of each layer the index of the layer that produces it; -1 if none does."""
    last: dict[str, int] = {}
    producers = []
    for index, layer in enumerate(layers):
        producers.append([last.get(blob, -1) for blob in blobs_read(layer)])
        last.update(dict.fromkeys(layer.top, index))
    return producers


def _longest_increase(numbers: list[int]) -> set[int]:
    """The places of a longest increasing subsequence."""
    tails: list[int] = []
    places: list[int] = []
    before: list[int] = []
    for place, number in enumerate(numbers):
        at = bisect_left(tails, number)
        before.append(places[at - 1] if at else -1)
        tails[at : at + 1] = [number]
        places[at : at + 1] = [place]
    stay: set[int] = set()
    place = places[-1] if places else -1
    while place >= 0:
        stay.add(place)
        place = before[place]
    return stay
