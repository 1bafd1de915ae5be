"""Read and write Caffe's HDF5 weights: each blob is a dataset ``data/<layer>/<index>``.

A layer name with slashes is a path of nested groups. Caffe writes a shared blob once, so indices can be
missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import h5py
import torch

from layerzoo import hdf5_file
from layerzoo.blobs.hdf5 import new_file, stored_blob, write_blob
from layerzoo.blobs.named import NamedBlobs
from layerzoo.errors import WeightsError
from layerzoo.hdf5_file import HDF5Group
from layerzoo.weights.params import Params, StoredWeights

MAX_BLOBS = 10_000
"""Maximum number of blobs of a layer."""
_DIGITS = 5


@contextmanager
def open_hdf5(path: Path) -> Iterator[StoredWeights]:
    """Open an HDF5 file; the blobs can be read inside the block.

    Raises:
        WeightsError: the file is damaged or has another layout.
    """
    with hdf5_file.open_hdf5(path, WeightsError) as root:
        data = root.child("data")
        if not isinstance(data, HDF5Group):
            raise WeightsError(f"{path}: no group 'data'; Caffe's weights are data/<layer>/<index>")
        yield _blobs(data)


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


def _blobs(data: HDF5Group) -> StoredWeights:
    """The blobs of all groups below a group, by the path of their group."""
    weights: StoredWeights = {}
    for group, arrays in data.walk():
        blobs = {
            int(name): stored_blob(array)
            for name, array in arrays.items()
            if name.isdecimal() and len(name) <= _DIGITS and int(name) < MAX_BLOBS
        }
        if blobs:
            layer = "/".join(group.path[len(data.path) :])
            weights[layer] = NamedBlobs(blobs.get(index) for index in range(max(blobs) + 1))
    return weights
