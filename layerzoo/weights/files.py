"""Read and write weights files of all formats; detected by content for reading, by suffix for writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from layerzoo.blobs.named import NamedBlobs, id_of
from layerzoo.blobs.stored import HDF5_SIGNATURE
from layerzoo.errors import WeightsError
from layerzoo.reader import sandbox
from layerzoo.regular_file import open_regular
from layerzoo.schema import NetParameter
from layerzoo.weights.caffemodel import read_caffemodel, write_caffemodel
from layerzoo.weights.params import Params, StoredWeights
from layerzoo.weights.safetensors import open_safetensors, write_safetensors
from layerzoo.weights.sandboxed import open_sandboxed

_PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


@contextmanager
def open_weights(path: str | Path) -> Iterator[StoredWeights]:
    """Open a weights file of any format; the values can be read inside the block.

    Raises:
        WeightsError: the file is missing, damaged, or not a weights file.
    """
    path = Path(path)
    if sandbox.is_on():
        with open_sandboxed(path) as stored:
            yield stored
        return
    try:
        with open_regular(path) as file:
            head = file.read(512)
    except OSError as error:
        raise WeightsError(f"{path}: {error.strerror or error}") from error
    if head.startswith(HDF5_SIGNATURE):
        from layerzoo.weights.hdf5 import open_hdf5  # importing h5py is slow

        with open_hdf5(path) as stored:
            yield stored
    elif head[8:9] == b"{" and int.from_bytes(head[:8], "little") < path.stat().st_size:
        with open_safetensors(path) as stored:
            yield stored
    elif head.startswith(_PICKLES):
        raise WeightsError(
            f"{path}: a zip or pickle, as torch saves, can run code and is not read; save safetensors"
        )
    elif head and head[:1].isascii() and all(c >= 32 or c in b"\t\r\n" for c in head):
        raise WeightsError(f"{path}: this is text, not weights; is it the net's config?")
    else:
        yield read_caffemodel(path)


def read(path: str | Path) -> dict[str, NamedBlobs[torch.Tensor]]:
    """Read all blobs of a weights file, by layer name; the second layer of a name has the key ``name#2``.

    Raises:
        WeightsError: see `open_weights`; or the file leaves out shared blobs.
    """
    with open_weights(path) as stored:
        tensors = {
            layer: [None if b is None else b.tensor() for b in blobs] for layer, blobs in stored.items()
        }
        names = {layer: blobs.names for layer, blobs in stored.items()}
        ids = {layer: blobs.layer for layer, blobs in stored.items()}
    weights = {
        layer: NamedBlobs(
            [b for b in blobs if b is not None], names[layer] if None not in blobs else None, ids[layer]
        )
        for layer, blobs in tensors.items()
    }
    for layer, blobs in tensors.items():
        if None in blobs:
            raise WeightsError(f"{path}: blob {blobs.index(None)} of layer '{layer}' is left out of the file")
    return weights


def save(
    params: Params, path: str | Path, net: NetParameter | None = None, diffs: Params | None = None
) -> None:
    """Write a weights file: ``.caffemodel``, ``.h5`` or ``.safetensors``, by the suffix.

    Args:
        params: the blobs.
        path: the file.
        net: the net's name and layers, for a ``.caffemodel``.
        diffs: gradients to write too; Caffe's formats only.

    Raises:
        WeightsError: unknown suffix, or the format can't hold the blobs.
        OSError: the file can't be written; an existing file is left unchanged.
    """
    path = Path(path)
    if diffs is not None:  # by the keys of params
        found = {id_of(key, blobs): blobs for key, blobs in diffs.items()}
        layers = {key: id_of(key, blobs) for key, blobs in params.items()}
        diffs = {key: found[layer] for key, layer in layers.items() if layer in found}
    match path.suffix:
        case ".caffemodel":
            write_caffemodel(path, params, net, diffs)
        case ".h5" | ".hdf5":
            from layerzoo.weights.hdf5 import write_hdf5

            write_hdf5(path, params, diffs)
        case ".safetensors":
            write_safetensors(path, params)
        case suffix:
            raise WeightsError(
                f"{path}: suffix '{suffix}', expected .safetensors, .caffemodel or .h5 to say the format"
            )
