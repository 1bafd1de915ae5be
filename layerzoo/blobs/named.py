"""The blobs of a layer with the names that native files give them.

A declared param blob is named by its index; a param or buffer of a submodule by its name there, as in
``fc.weight``. A native file holds ``<layer>/<name>``; Caffe's formats hold the same blobs by position.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from torch import Tensor

T = TypeVar("T")
ORDER = "order"
"""The key in a file's metadata of the names in Caffe's order, which safetensors doesn't keep."""


class NamedBlobs(list[T]):
    """The blobs of one layer in Caffe's order.

    Attributes:
        names: of each blob; without them, their indices.
    """

    def __init__(self, blobs: Iterable[T] = (), names: Iterable[str] | None = None) -> None:
        super().__init__(blobs)
        self.names = list(map(str, range(len(self)))) if names is None else list(names)

    def find(self, index: int, name: str) -> T | None:
        """The blob of a name, else the one at an index; None where there is neither."""
        if name in self.names:
            return self[self.names.index(name)]
        named = any(not known.isdecimal() for known in self.names)
        return self[index] if index < len(self) and not (named and not name.isdecimal()) else None


def blob_name(index: int, name: str | None) -> str:
    """The name of a blob in a native file; ``name`` is the one in its module, None for a declared blob."""
    return str(index) if name is None else name.replace("/", "|")


def names_of(blobs: Sequence[object]) -> list[str]:
    """The names of a layer's blobs."""
    return blobs.names if isinstance(blobs, NamedBlobs) else list(map(str, range(len(blobs))))


def flat(layers: Mapping[str, Sequence[Tensor]]) -> dict[str, Tensor]:
    """Tensors by ``<layer>/<name>``."""
    return {
        f"{layer}/{name}": blob
        for layer, blobs in layers.items()
        for name, blob in zip(names_of(blobs), blobs, strict=True)
    }


def order_of(layers: Mapping[str, Sequence[object]]) -> dict[str, str]:
    """The metadata of a native file; empty where the indices say the order."""
    keys = [f"{layer}/{name}" for layer, blobs in layers.items() for name in names_of(blobs)]
    return {} if all(_split(key)[1].isdecimal() for key in keys) else {ORDER: "\n".join(keys)}


def by_layer(tensors: Mapping[str, T], order: str = "") -> dict[str, NamedBlobs[T]]:
    """The blobs of each layer, in Caffe's order.

    Args:
        tensors: by ``<layer>/<name>``.
        order: the file's metadata under `ORDER`, if any; names that it lacks come last, indices first.

    Raises:
        ValueError: a tensor has no such name, or the indices of a layer have a gap; says which.
    """
    places = {key: place for place, key in enumerate(order.split("\n"))}
    layers: dict[str, dict[str, T]] = {}
    for key in sorted(tensors, key=lambda key: places.get(key, len(places))):
        layer, name = _split(key)
        layers.setdefault(layer, {})[name] = tensors[key]
    found = {}
    for layer, blobs in layers.items():
        indices = sorted(int(name) for name in blobs if name.isdecimal())
        if indices != list(range(len(indices))):
            raise ValueError(f"of layer '{layer}' there are only blobs {indices}")
        names = [*map(str, indices), *(name for name in blobs if not name.isdecimal())]
        found[layer] = NamedBlobs([blobs[name] for name in names], names)
    return found


def _split(key: str) -> tuple[str, str]:
    layer, slash, name = key.rpartition("/")
    if not slash or not name:
        raise ValueError(f"a tensor is named '{key}', not <layer>/<index> or <layer>/<name>")
    return layer, name
