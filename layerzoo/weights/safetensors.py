"""Read and write native weights: safetensors with a tensor ``<layer>/<name>`` for each blob.

The blob's name follows the last slash: the index of a declared param blob, or the name of a submodule's param
or buffer (``fc.weight``). Layer names can hold slashes. Blobs of the second layer of a name are
``<layer>/2:<name>``; see `layerzoo.blobs.named`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from safetensors import SafetensorError, safe_open

from layerzoo.atomic import atomic_path
from layerzoo.blobs.named import ORDER, NamedBlobs, by_layer, flat, order_of
from layerzoo.blobs.safetensors_file import write_tensors
from layerzoo.blobs.stored import StoredBlob
from layerzoo.errors import WeightsError
from layerzoo.weights.params import Params, StoredWeights


@contextmanager
def open_safetensors(path: Path) -> Iterator[StoredWeights]:
    """Open a safetensors file; the blobs can be read inside the block.

    Raises:
        WeightsError: the file is damaged, or its tensors have other names.
    """
    try:
        with safe_open(path, framework="pt") as file:
            blobs: dict[str, StoredBlob | None] = {}
            for key in file.keys():  # noqa: SIM118 (not a mapping)
                shape = tuple(file.get_slice(key).get_shape())
                blobs[key] = StoredBlob(shape, partial(file.get_tensor, key))
            order = (file.metadata() or {}).get(ORDER, "")
            yield _by_layer(blobs, order, path)
    except SafetensorError as error:
        raise WeightsError(f"{path}: safetensors can't be read: {error}") from error


def write_safetensors(path: Path, params: Params, metadata: dict[str, str] | None = None) -> None:
    """Write the blobs, each in its own dtype.

    Args:
        path: the file.
        params: the blobs.
        metadata: strings to store too.

    Raises:
        OSError: the file can't be written; an existing file is left unchanged.
    """
    with atomic_path(path) as temporary:
        write_tensors(temporary, flat(params), {**order_of(params), **(metadata or {})})


def _by_layer(blobs: dict[str, StoredBlob | None], order: str, path: Path) -> StoredWeights:
    try:
        weights: dict[str, NamedBlobs[StoredBlob | None]] = by_layer(blobs, order)
    except ValueError as error:
        raise WeightsError(f"{path}: {error}") from None
    return weights
