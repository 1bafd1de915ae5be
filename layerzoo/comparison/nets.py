"""The differences of two nets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from layerzoo.comparison.changes import Change, changes_of
from layerzoo.comparison.layers import Matched, matched, phase_of
from layerzoo.graph import blob_slots, blobs_read
from layerzoo.loader import Document
from layerzoo.schema import LayerParameter, NetParameter
from layerzoo.source import Origin

_BLOBS: Final = ("bottom", "top")
_BLOCKS: Final = ("layer", "include", "let", "subnet")
"""Fields of a net that its layers hold, once they are expanded."""


def net_changes(old: Document[NetParameter], new: Document[NetParameter], net: str = "") -> list[Change]:
    """The differences of two nets: fields of the net, then blobs, then layers in the order of the second.

    Args:
        old, new: the nets.
        net: the name of the net, if it is one of a solver.
    """
    one, other = _plain(old), _plain(new)
    ours, theirs = list(one.layer), list(other.layer)
    layers = matched(ours, theirs)
    blobs = _renamed_blobs(ours, theirs, layers)
    changes = [*changes_of(one, other, skip=_BLOCKS)]
    changes += [Change("blob renamed", old=a, new=b) for a, b in blobs.items()]
    places = _places(old), _places(new)
    at: list[tuple[int, Change]] = []
    for before, after in layers.pairs:
        about = Change(
            "changed",
            layer=theirs[after].name,
            type=theirs[after].type,
            phase=phase_of(theirs[after]),
            places=(places[0][before], places[1][after]),
        )
        for change in _layer_changes(ours[before], theirs[after], blobs):
            at.append(
                (after, replace(about, kind=change.kind, path=change.path, old=change.old, new=change.new))
            )
        if after in layers.moved:
            behind = theirs[after - 1].name if after else None
            came = ours[before - 1].name if before else None
            at.append((after, replace(about, kind="moved", old=_after(came), new=_after(behind))))
    at += [(index, _whole("added", theirs[index], places[1][index])) for index in layers.added]
    partner = dict(layers.pairs)
    for index in layers.removed:
        earlier = next((partner[i] for i in range(index, -1, -1) if i in partner), -1)
        at.append((earlier, _whole("removed", ours[index], places[0][index])))
    changes += [change for _, change in sorted(at, key=lambda placed: placed[0])]
    return [replace(change, net=net) for change in changes]


def _plain(net: Document[NetParameter]) -> NetParameter:
    """A net with numbers in the place of what depends on shapes."""
    if not any(layer.by_shape or layer.HasField("all_params") for layer in net.message.layer):
        return net.message
    from layerzoo.net.plain import plain_net  # imported here, since most nets need no torch

    return plain_net(net)


def _whole(kind: str, layer: LayerParameter, place: str) -> Change:
    """A layer that one net has alone."""
    if kind == "added":
        return Change("added", layer=layer.name, type=layer.type, phase=phase_of(layer), places=(place,))
    return Change("removed", layer=layer.name, type=layer.type, phase=phase_of(layer), places=(place,))


def _layer_changes(old: LayerParameter, new: LayerParameter, blobs: dict[str, str]) -> Iterator[Change]:
    """The differences of two layers; what renamed blobs explain is left out."""
    if old.name != new.name:
        yield Change("renamed", old=old.name, new=new.name)
    skip = ["name"]
    if blob_slots(old):  # as it would be with the new names
        before, old = old, LayerParameter()
        old.CopyFrom(before)
        for index, blob in blob_slots(before).items():
            old.param[index].blob = blobs.get(blob, blob)
    for key in _BLOBS:
        if [blobs.get(blob, blob) for blob in getattr(old, key)] == list(getattr(new, key)):
            skip.append(key)
    yield from changes_of(old, new, skip=skip)


def _renamed_blobs(old: list[LayerParameter], new: list[LayerParameter], layers: Matched) -> dict[str, str]:
    """The blobs that have another name in the second net wherever a layer of both has them."""
    renamed: dict[str, set[str]] = {}
    for before, after in layers.pairs:
        for key in _BLOBS:
            read = key == "bottom"
            ours, theirs = (
                blobs_read(layer) if read else list(layer.top) for layer in (old[before], new[after])
            )
            if len(ours) == len(theirs):
                for a, b in zip(ours, theirs, strict=True):
                    renamed.setdefault(a, set()).add(b)
    known = {blob for layer in old for blob in layer.top} & {blob for layer in new for blob in layer.top}
    single = {a: next(iter(names)) for a, names in renamed.items() if len(names) == 1}
    return {a: b for a, b in single.items() if a != b and a not in known and b not in known}


def _after(name: str | None) -> str:
    return "first" if name is None else f"after {name}"


def _places(net: Document[NetParameter]) -> list[str]:
    """Where each layer stands, ``file:line``; empty for a binary net, whose lines nobody can look up."""
    nodes = net.root.all("layer")
    if len(nodes) != len(net.message.layer):
        return [""] * len(net.message.layer)
    return [_line(node.origin) if net.path is not None else "" for node in nodes]


def _line(origin: Origin) -> str:
    return f"{origin.source.name}:{origin.source.position(origin.offset).line}"
