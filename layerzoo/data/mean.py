"""Mean images, as Caffe's ``compute_image_mean`` writes them."""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np
from google.protobuf.message import DecodeError

from layerzoo.data.samples import Floats
from layerzoo.errors import DataError
from layerzoo.schema import BlobProto


def read_mean(path: str | Path) -> Floats:
    """A mean image from a ``.binaryproto`` (a BlobProto) or ``.npy`` file.

    Returns:
        channels x height x width; a mean per channel comes as channels x 1 x 1.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it holds something else.
    """
    path = Path(path)
    data = path.read_bytes()
    if path.suffix == ".npy" or data.startswith(b"\x93NUMPY"):
        try:
            mean = np.load(path, allow_pickle=False).astype(np.float32)
        except (ValueError, EOFError, OSError) as error:
            raise DataError(f"{path}: not a numpy file that can be read: {error}") from None
    else:
        mean = _from_blob(data, path)
    if mean.ndim == 4 and mean.shape[0] == 1:
        mean = mean[0]
    if mean.ndim == 1:
        mean = mean[:, None, None]
    if mean.ndim != 3:
        raise DataError(f"{path}: a mean of shape {mean.shape}; expected channels x height x width")
    return np.ascontiguousarray(mean)


def _from_blob(data: bytes, path: Path) -> Floats:
    try:
        blob = BlobProto.FromString(data)
    except DecodeError:
        raise DataError(f"{path}: damaged, or not a mean image (a BlobProto)") from None
    values = np.array(blob.data or blob.double_data, np.float32)
    named = (blob.num, blob.channels, blob.height, blob.width)
    shape = tuple(blob.shape.dim) if blob.HasField("shape") else named
    if prod(shape) != len(values) or not len(values):
        size = " x ".join(map(str, shape))
        raise DataError(f"{path}: a mean of {size} with {len(values)} values; damaged, or not a mean image")
    return values.reshape(shape)
