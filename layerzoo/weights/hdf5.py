"""Read and write Caffe's HDF5 weights: each blob is a dataset ``data/<layer>/<index>``.

A layer name with slashes is a path of nested groups. Caffe writes a shared blob once, so indices can be
missing.
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
"""Maximum number of blobs of a layer."""
MAX_OBJECTS = 200_000
"""Maximum number of groups and datasets of a file."""
MAX_DEPTH = 64
"""Maximum number of slashes in a layer name."""


@contextmanager
def open_hdf5(path: Path) -> Iterator[StoredWeights]:
    """Open an HDF5 file; the blobs can be read inside the block.

    Raises:
        WeightsError: the file is damaged or has another layout.
    """
    with ExitStack() as stack:
        with reading(path, WeightsError):
            data = stack.enter_context(h5py.File(path, "r")).get("data")
            if not isinstance(data, h5py.Group):
                raise WeightsError(f"{path}: no group 'data'; Caffe's weights are data/<layer>/<index>")
            weights = _blobs(data, str(path))
        yield weights


def write_hdf5(path: Path, params: Params, diffs: Params | None = None) -> None:
    """Write an HDF5 file that Caffe reads: double tensors in double precision, all others in single.

    Args:
        path: the file.
        params: the blobs.
        diffs: gradients to write as ``diff/<layer>/<index>`` (``snapshot_diff``).

    Raises:
        WeightsError: layer names that conflict in HDF5.
        OSError: the file can't be written; an existing file is left unchanged.
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
    """The blobs of all groups below a group, by the path of their group."""
    weights: StoredWeights = {}
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
            weights["/".join(names)] = NamedBlobs(blobs.get(index) for index in range(max(blobs) + 1))
    return weights
