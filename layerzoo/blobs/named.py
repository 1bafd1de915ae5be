"""Blobs of a layer with their names in native weights files.

A declared param blob is named by its index, a param or buffer of a submodule by its name in the module, for
example ``fc.weight``. A native file stores ``<layer>/<name>``; Caffe's formats store the blobs by position.

Several layers of a net can have one name. The second layer of a name that has blobs is stored as
``<layer>/2:<name>``, the third as ``<layer>/3:<name>``: a layer's name can be any text, a blob's name has no
slash, and one that begins like such a number is stored as ``1:<name>``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from torch import Tensor

T = TypeVar("T")
ORDER = "order"
"""Metadata key of the names in Caffe's order; safetensors doesn't preserve the order of tensors."""


_NUMBERED = re.compile(r"([0-9]{1,9}):(.*)", re.DOTALL)


class LayerId(NamedTuple):
    """What tells a layer with blobs from the others of a net, in all formats of weights.

    Attributes:
        name: its name in the config; empty if it has none.
        number: its number among the layers of that name that have blobs, from 1.
    """

    name: str
    number: int = 1

    def inside(self, path: str) -> LayerId:
        """What tells a layer inside the layer by its path; the layer itself for an empty path."""
        return self if not path else LayerId(f"{self.name}/{path}" if self.name else path, self.number)

    def __str__(self) -> str:
        return self.name if self.number == 1 else f"{self.name} (number {self.number} of that name)"


class NamedBlobs(list[T]):
    """The blobs of one layer in Caffe's order.

    Attributes:
        names: name of each blob; by default its index.
        layer: the layer; None if its key in a mapping is its name, and no other layer has that name.
        place: its index among the layers of its net; None if unknown.
    """

    def __init__(
        self,
        blobs: Iterable[T] = (),
        names: Iterable[str] | None = None,
        layer: LayerId | None = None,
        place: int | None = None,
    ) -> None:
        super().__init__(blobs)
        self.layer, self.place = layer, place
        self.names = list(map(str, range(len(self)))) if names is None else list(names)

    def find(self, index: int, name: str) -> T | None:
        """The blob of that name, else the one at that index; None if both are missing."""
        if name in self.names:
            return self[self.names.index(name)]
        named = any(not known.isdecimal() for known in self.names)
        return self[index] if index < len(self) and not (named and not name.isdecimal()) else None


def blob_name(index: int, name: str | None) -> str:
    """The name of a blob in a native file.

    Args:
        index: position among the layer's blobs.
        name: name in its module; None for a declared param blob.
    """
    return str(index) if name is None else name.replace("/", "|")


def names_of(blobs: Sequence[object]) -> list[str]:
    """The names of a layer's blobs."""
    return blobs.names if isinstance(blobs, NamedBlobs) else list(map(str, range(len(blobs))))


def id_of(key: str, blobs: Sequence[object]) -> LayerId:
    """The layer of an entry in a mapping of blobs."""
    return (blobs.layer if isinstance(blobs, NamedBlobs) else None) or LayerId(key)


def by_id(layers: Mapping[str, NamedBlobs[T]]) -> dict[LayerId, NamedBlobs[T]]:
    """The entries of a mapping of blobs by their layers."""
    return {id_of(key, blobs): blobs for key, blobs in layers.items()}


def find_layer(layers: Mapping[LayerId, NamedBlobs[T]], layer: LayerId, key: str) -> NamedBlobs[T]:
    """The blobs of a layer; empty if there are none.

    Args:
        layers: blobs by layer.
        layer: the layer.
        key: its name in its graph, which stood for an empty name in native files before version 0.3.
    """
    empty: NamedBlobs[T] = NamedBlobs()
    return layers.get(layer) or (empty if layer.name else layers.get(LayerId(key), empty))


def layer_ids(names: Iterable[str]) -> list[LayerId]:
    """The ids of layers with blobs, in the order of the net, by their names in the config."""
    seen: Counter[str] = Counter()
    ids = []
    for name in names:
        seen[name] += 1
        ids.append(LayerId(name, seen[name]))
    return ids


def stored_name(layer: LayerId, blob: str) -> str:
    """The name of a blob in native files and reports: ``<layer>/<name>`` or ``<layer>/<number>:<name>``."""
    if layer.number == 1 and not _NUMBERED.fullmatch(blob):
        return f"{layer.name}/{blob}"
    return f"{layer.name}/{layer.number}:{blob}"


def parse_name(key: str) -> tuple[LayerId, str]:
    """The layer and the blob's name of a `stored_name`.

    Raises:
        ValueError: the name has another form.
    """
    layer, slash, name = key.rpartition("/")
    numbered = _NUMBERED.fullmatch(name)
    number = 1
    if numbered:
        number, name = int(numbered[1]), numbered[2]
    if not slash or not name or not number:
        raise ValueError(f"a tensor is named '{key}', not <layer>/<index> or <layer>/<name>")
    return LayerId(layer, number), name


def keyed(layers: Mapping[LayerId, T]) -> dict[str, T]:
    """The values by a key of their own for each layer: its name, ``name#2`` for the second of a name.

    A number that would make the key another layer's name gets one ``#`` more.
    """
    taken = {layer.name for layer in layers}
    found: dict[str, T] = {}
    for layer, value in layers.items():
        key, mark = layer.name, "#"
        while layer.number > 1 and key in taken:
            key, mark = f"{layer.name}{mark}{layer.number}", mark + "#"
        taken.add(key)
        found[key] = value
    return found


def flat(layers: Mapping[str, Sequence[Tensor]]) -> dict[str, Tensor]:
    """Tensors by their `stored_name`."""
    return {
        stored_name(id_of(key, blobs), name): blob
        for key, blobs in layers.items()
        for name, blob in zip(names_of(blobs), blobs, strict=True)
    }


def order_of(layers: Mapping[str, Sequence[object]]) -> dict[str, str]:
    """The metadata of a native file; empty if the names are indices, which give the order."""
    named = [(id_of(key, blobs), name) for key, blobs in layers.items() for name in names_of(blobs)]
    if all(name.isdecimal() for _, name in named):
        return {}
    return {ORDER: "\n".join(stored_name(layer, name) for layer, name in named)}


def by_layer(tensors: Mapping[str, T], order: str = "") -> dict[str, NamedBlobs[T]]:
    """Group tensors by layer, in Caffe's order.

    Args:
        tensors: by `stored_name`.
        order: the file's metadata under `ORDER`, if any; names missing there come last, indices first.

    Returns:
        the blobs by the keys of `keyed`.

    Raises:
        ValueError: a tensor's name has another form, or the indices of a layer have a gap; names it.
    """
    places = {key: place for place, key in enumerate(order.split("\n"))}
    layers: dict[LayerId, dict[str, T]] = {}
    for key in sorted(tensors, key=lambda key: places.get(key, len(places))):
        layer, name = parse_name(key)
        if name in layers.setdefault(layer, {}):
            raise ValueError(f"there are two blobs '{name}' of layer '{layer}'")
        layers[layer][name] = tensors[key]
    grouped = {}
    for layer, blobs in layers.items():
        indices = sorted(int(name) for name in blobs if name.isdecimal())
        if indices != list(range(len(indices))):
            raise ValueError(f"of layer '{layer}' there are only blobs {indices}")
        names = [*map(str, indices), *(name for name in blobs if not name.isdecimal())]
        grouped[layer] = NamedBlobs([blobs[name] for name in names], names, layer)
    return keyed(grouped)
