"""Caffe's weights in HDF5: the blobs of a layer are the datasets ``data/<layer>/<index>``.

A layer whose name holds slashes is a group in a group. Of a blob that layers share Caffe writes one, so an
index may be left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import h5py
import torch

from layerzoo.blobs.hdf5 import new_file, reading, stored_blob, write_blob
from layerzoo.blobs.named import NamedBlobs
from layerzoo.blobs.stored import StoredBlob
from layerzoo.errors import WeightsError
from layerzoo.weights.params import Params, StoredWeights

MAX_BLOBS = 10_000
"""The most blobs of one layer."""
MAX_OBJECTS = 200_000
"""The most groups and datasets of one file."""
MAX_DEPTH = 64
"""The most slashes in a layer's name."""


@contextmanager
def open_hdf5(path: Path) -> Iterator[StoredWeights]:
    """The blobs of an HDF5 file, readable inside the block.

    Raises:
        WeightsError: it is damaged or has another layout.
    """
    with ExitStack() as stack:
        with reading(path, WeightsError):
            data = stack.enter_context(h5py.File(path, "r")).get("data")
            if not isinstance(data, h5py.Group):
                raise WeightsError(f"{path}: no group 'data'; Caffe's weights are data/<layer>/<index>")
            found = _blobs(data, str(path))
        yield found


def write_hdf5(path: Path, params: Params, diffs: Params | None = None) -> None:
    """Write an HDF5 file that Caffe reads, in single precision (double where the blob is).

    Args:
        path: the file.
        params: the blobs.
        diffs: gradients to write as ``diff/<layer>/<index>``, as ``snapshot_diff`` asks for.

    Raises:
        WeightsError: layer names that HDF5 can't hold side by side.
        OSError: the file can't be written; what stood there before still does.
    """
    with new_file(path) as file:
        for name, mapping in (("data", params), ("diff", diffs)):
            if mapping is not None:
                group = file.create_group(name)
                for layer, blobs in mapping.items():
                    _write_layer(group, layer, blobs, str(path))


def _write_layer(group: h5py.Group, layer: str, blobs: Sequence[torch.Tensor], path: str) -> None:
    try:
        inside = group.require_group(layer)
        for index, blob in enumerate(blobs):
            write_blob(inside, str(index), blob)
    except (ValueError, TypeError) as error:
        raise WeightsError(f"{path}: HDF5 can't hold a layer named '{layer}': {error}") from error


def _blobs(data: h5py.Group, path: str) -> StoredWeights:
    """The blobs of all groups in a group, by the groups' paths."""
    found: StoredWeights = {}
    objects = 0
    pending: list[tuple[h5py.Group, tuple[str, ...]]] = [(data, ())]
    while pending:
        group, names = pending.pop()
        blobs: dict[int, StoredBlob] = {}
        for key in group:
            objects += 1
            if objects > MAX_OBJECTS or len(names) > MAX_DEPTH:
                raise WeightsError(f"{path}: more than {MAX_OBJECTS:,} objects, or {MAX_DEPTH} groups deep")
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise WeightsError(f"{path}: '{group.name}/{key}' is a link elsewhere, which is not followed")
            child = group[key]
            if isinstance(child, h5py.Group):
                pending.append((child, (*names, key)))
            elif key.isdecimal() and int(key) < MAX_BLOBS:
                blobs[int(key)] = stored_blob(child, path, WeightsError)
        if blobs:
            found["/".join(names)] = NamedBlobs(blobs.get(index) for index in range(max(blobs) + 1))
    return found
