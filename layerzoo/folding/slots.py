"""A layer as what it has in common with others, and what may differ: names and whole numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from google.protobuf.message import Message

from layerzoo.graph import blobs_read
from layerzoo.schema import Field, LayerParameter, fields

Path = tuple[str | int, ...]
"""The fields, and places in repeated ones, that lead to a scalar."""
Skeleton = tuple[tuple[Path, object], ...]


class Slotted(NamedTuple):
    """A layer, taken apart.

    Attributes:
        skeleton: all that must be equal in two layers of one block.
        names: the name, and those of its params: texts that may differ, by path.
        numbers: whole numbers that may differ, by path.
        bottoms, tops: the blobs; those that take the place of params stand after the bottoms.
    """

    skeleton: Skeleton
    names: dict[Path, str]
    numbers: dict[Path, int]
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]

    @property
    def read(self) -> list[Path]:
        """The paths of ``bottoms``."""
        return [path for path, _ in self.skeleton if path[0] == "bottom" or is_blob(path)]


def slotted(layer: LayerParameter) -> Slotted:
    """Take a layer apart."""
    skeleton: list[tuple[Path, object]] = []
    names: dict[Path, str] = {}
    numbers: dict[Path, int] = {}
    for path, field, value in scalars(layer):
        if path[0] in {"bottom", "top"} or is_blob(path):
            skeleton.append((path, None))
        elif path == ("name",) or (path[0] == "param" and path[-1] == "name"):
            names[path] = value
            skeleton.append((path, None))
        elif field.kind == "int" and len(path) > 1:
            numbers[path] = value
            skeleton.append((path, None))
        else:
            skeleton.append((path, repr(value)))
    return Slotted(tuple(skeleton), names, numbers, tuple(blobs_read(layer)), tuple(layer.top))


def is_blob(path: Path) -> bool:
    """Whether a scalar names a blob that takes the place of a param."""
    return path[0] == "param" and path[-1] == "blob"


def scalars(message: Message, path: Path = ()) -> Iterator[tuple[Path, Field, Any]]:
    """Each scalar of a message with its path; a message without fields counts as one."""
    set_fields = {descriptor.name: value for descriptor, value in message.ListFields()}
    for name, field in fields(type(message)).items():
        if name not in set_fields:
            continue
        values = list(set_fields[name]) if field.repeated else [set_fields[name]]
        for index, value in enumerate(values):
            place: Path = (*path, name, index) if field.repeated else (*path, name)
            if field.kind != "message":
                yield place, field, value
            elif value.ListFields():
                yield from scalars(value, place)
            else:
                yield place, field, None
