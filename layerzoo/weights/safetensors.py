"""Layerzoo's own weights: safetensors with a tensor ``<layer>/<index>`` for each blob.

What follows the last slash is the index, so a layer may have any name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from layerzoo.atomic import atomic_path
from layerzoo.blobs.stored import StoredBlob
from layerzoo.errors import WeightsError
from layerzoo.weights.params import Params, StoredWeights


@contextmanager
def open_safetensors(path: Path) -> Iterator[StoredWeights]:
    """The blobs of a safetensors file, readable inside the block.

    Raises:
        WeightsError: it is damaged, or its tensors are not named so.
    """
    try:
        with safe_open(path, framework="pt") as file:
            blobs: dict[str, dict[int, StoredBlob]] = {}
            for key in file.keys():  # noqa: SIM118 (it is no mapping)
                layer, slash, index = key.rpartition("/")
                if not (slash and index.isdecimal()):
                    raise WeightsError(f"{path}: a tensor is named '{key}', not <layer>/<index>")
                shape = tuple(file.get_slice(key).get_shape())
                blobs.setdefault(layer, {})[int(index)] = StoredBlob(shape, partial(file.get_tensor, key))
            for layer, indexed in blobs.items():
                if sorted(indexed) != list(range(len(indexed))):
                    raise WeightsError(f"{path}: of layer '{layer}' there are only blobs {sorted(indexed)}")
            yield {layer: [indexed[i] for i in range(len(indexed))] for layer, indexed in blobs.items()}
    except SafetensorError as error:
        raise WeightsError(f"{path}: safetensors can't be read: {error}") from error


def write_safetensors(path: Path, params: Params, metadata: dict[str, str] | None = None) -> None:
    """Write the blobs, each in its own dtype.

    Args:
        path: the file.
        params: the blobs.
        metadata: texts to keep beside them.

    Raises:
        OSError: the file can't be written; what stood there before still does.
    """
    tensors: dict[str, torch.Tensor] = {}
    seen: set[int] = set()
    for layer, blobs in params.items():
        for index, blob in enumerate(blobs):
            tensor = blob.detach().cpu().contiguous()
            shared = tensor.untyped_storage().data_ptr() in seen
            tensors[f"{layer}/{index}"] = tensor.clone() if shared else tensor
            seen.add(tensor.untyped_storage().data_ptr())
    with atomic_path(path) as temporary:
        try:
            save_file(tensors, temporary, metadata)
        except SafetensorError as error:
            raise OSError(f"{path}: {error}") from error
