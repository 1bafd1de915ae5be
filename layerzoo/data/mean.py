"""Read mean images, as Caffe's ``compute_image_mean`` writes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from layerzoo.blobs.blob_proto import read_array
from layerzoo.data.npy import MAGIC, read_npy
from layerzoo.data.samples import Floats
from layerzoo.errors import DataError
from layerzoo.reader import sandbox
from layerzoo.reader.tensor_file import open_file
from layerzoo.regular_file import read_bytes


def read_mean(path: str | Path) -> Floats:
    """Read a mean image from a ``.binaryproto`` (BlobProto) or ``.npy`` file.

    Returns:
        channels x height x width; channels x 1 x 1 for a mean per channel.

    Raises:
        OSError: the file is missing, can't be read, or is not a regular file.
        DataError: the file is damaged, its shape is not that of a mean, or a value is not finite.
    """
    path = Path(path)
    if sandbox.is_on():
        return _sandboxed(path)
    if path.suffix == ".npy" or read_bytes(path, len(MAGIC)) == MAGIC:
        with np.errstate(over="ignore", invalid="ignore"):
            mean = read_npy(path).astype(np.float32)
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            mean = read_array(path, "a mean image", DataError).astype(np.float32)
    if mean.ndim == 4 and mean.shape[0] == 1:
        mean = mean[0]
    if mean.ndim == 1:
        mean = mean[:, None, None]
    if mean.ndim != 3:
        raise DataError(f"{path}: the mean has shape {mean.shape}; expected channels x height x width")
    if not np.isfinite(mean).all():
        raise DataError(f"{path}: the mean has values that are NaN or infinite")
    return np.ascontiguousarray(mean)


def _sandboxed(path: Path) -> Floats:
    """Read a mean image in the sandbox."""
    with open_file("mean", path, DataError) as file:
        mean = file.array(0)
    if mean.ndim != 3 or mean.dtype != np.float32:
        raise DataError(f"{path}: the process that reads it sent something else than a mean")
    return mean
