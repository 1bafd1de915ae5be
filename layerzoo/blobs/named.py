"""Blobs of a layer with their names in native weights files.

A declared param blob is named by its index, a param or buffer of a submodule by its name in the module, for
example ``fc.weight``. A native file stores ``<layer>/<name>``; Caffe's formats store the blobs by position.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from torch import Tensor

T = TypeVar("T")
ORDER = "order"
"""Metadata key of the names in Caffe's order; safetensors doesn't preserve the order of tensors."""


class NamedBlobs(list[T]):
    """The blobs of one layer in Caffe's order.

    Attributes:
        names: name of each blob; by default its index.
    """

    def __init__(self, blobs: Iterable[T] = (), names: Iterable[str] | None = None) -> None:
        super().__init__(blobs)
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


def flat(layers: Mapping[str, Sequence[Tensor]]) -> dict[str, Tensor]:
    """Tensors by ``<layer>/<name>``."""
    return {
        f"{layer}/{name}": blob
        for layer, blobs in layers.items()
        for name, blob in zip(names_of(blobs), blobs, strict=True)
    }


def order_of(layers: Mapping[str, Sequence[object]]) -> dict[str, str]:
    """The metadata of a native file; empty if the names are indices, which give the order."""
    keys = [f"{layer}/{name}" for layer, blobs in layers.items() for name in names_of(blobs)]
    return {} if all(_split(key)[1].isdecimal() for key in keys) else {ORDER: "\n".join(keys)}


def by_layer(tensors: Mapping[str, T], order: str = "") -> dict[str, NamedBlobs[T]]:
    """Group tensors by layer, in Caffe's order.

    Args:
        tensors: by ``<layer>/<name>``.
        order: the file's metadata under `ORDER`, if any; names missing there come last, indices first.

    Raises:
        ValueError: a tensor's name has another form, or the indices of a layer have a gap; names it.
    """
    places = {key: place for place, key in enumerate(order.split("\n"))}
    layers: dict[str, dict[str, T]] = {}
    for key in sorted(tensors, key=lambda key: places.get(key, len(places))):
        layer, name = _split(key)
        layers.setdefault(layer, {})[name] = tensors[key]
    grouped = {}
    for layer, blobs in layers.items():
        indices = sorted(int(name) for name in blobs if name.isdecimal())
        if indices != list(range(len(indices))):
            raise ValueError(f"of layer '{layer}' there are only blobs {indices}")
        names = [*map(str, indices), *(name for name in blobs if not name.isdecimal())]
        grouped[layer] = NamedBlobs([blobs[name] for name in names], names)
    return grouped


def _split(key: str) -> tuple[str, str]:
    layer, slash, name = key.rpartition("/")
    if not slash or not name:
        raise ValueError(f"a tensor is named '{key}', not <layer>/<index> or <layer>/<name>")
    return layer, name
