"""Read and write Caffe's HDF5 weights: each blob is a dataset ``data/<layer>/<index>``.

A layer name with slashes is a path of nested groups. Caffe writes a shared blob once, so indices can be
missing.

Caffe can't write several layers of one name, or one without a name. Here the second layer of a name is in the
group ``data_2``, the third in ``data_3``, and layers without a name are ``unnamed_data/<number>``. Caffe's
reader ignores these groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import h5py
import torch

from layerzoo import hdf5_file
from layerzoo.blobs.hdf5 import new_file, stored_blob, write_blob
from layerzoo.blobs.named import LayerId, NamedBlobs, id_of, keyed
from layerzoo.blobs.stored import StoredBlob
from layerzoo.errors import WeightsError
from layerzoo.hdf5_file import HDF5Group
from layerzoo.weights.params import Params, StoredWeights

MAX_BLOBS = 10_000
"""Maximum number of blobs of a layer."""
_DIGITS = 5

_UNNAMED = "unnamed_{}"
_NUMBERED = re.compile("data_([1-9][0-9]{0,8})")


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
        found: dict[LayerId, NamedBlobs[StoredBlob | None]] = {}
        for name in root:
            numbered = _NUMBERED.fullmatch(name)
            if name == _UNNAMED.format("data"):
                found |= _unnamed(root.child(name))
            elif name == "data" or numbered:
                found |= _blobs(root.child(name), int(numbered[1]) if numbered else 1)
        yield keyed(found)


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
                file.create_group(name)
                for key, blobs in mapping.items():
                    _write_layer(file, name, id_of(key, params.get(key, blobs)), blobs, str(path))


def _write_layer(
    file: h5py.File, kind: str, layer: LayerId, blobs: Sequence[torch.Tensor], path: str
) -> None:
    top = kind if layer.number == 1 else f"{kind}_{layer.number}"
    try:
        group = file.require_group(top if layer.name else _UNNAMED.format(kind))
        inside = group.require_group(layer.name or str(layer.number))
        for index, blob in enumerate(blobs):
            write_blob(inside, str(index), blob)
    except (ValueError, TypeError) as error:
        raise WeightsError(f"{path}: HDF5 can't hold a layer named '{layer}': {error}") from error


def _unnamed(data: object) -> dict[LayerId, NamedBlobs[StoredBlob | None]]:
    """The blobs of layers without a name, by the numbers of the layers."""
    found = {}
    for layer, blobs in _blobs(data, 1).items():
        if re.fullmatch("[1-9][0-9]{0,8}", layer.name):
            blobs.layer = LayerId("", int(layer.name))
            found[blobs.layer] = blobs
    return found


def _blobs(data: object, number: int) -> dict[LayerId, NamedBlobs[StoredBlob | None]]:
    """The blobs of all groups below a group; the path of a group is the name of the layer."""
    weights: dict[LayerId, NamedBlobs[StoredBlob | None]] = {}
    for group, arrays in data.walk() if isinstance(data, HDF5Group) else ():
        blobs = {
            int(name): stored_blob(array)
            for name, array in arrays.items()
            if name.isdecimal() and len(name) <= _DIGITS and int(name) < MAX_BLOBS
        }
        if blobs:
            layer = LayerId("/".join(group.path[1:]), number)
            weights[layer] = NamedBlobs(blobs.get(index) for index in range(max(blobs) + 1))
    for layer, found in weights.items():
        found.layer = layer
    return weights
