"""Mean images, as Caffe's ``compute_image_mean`` writes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from layerzoo.blobs.blob_proto import read_binaryproto
from layerzoo.data.samples import Floats
from layerzoo.errors import DataError

_NUMPY = b"\x93NUMPY"


def read_mean(path: str | Path) -> Floats:
    """A mean image from a ``.binaryproto`` (a BlobProto) or ``.npy`` file.

    Returns:
        channels x height x width; a mean per channel comes as channels x 1 x 1.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it holds something else.
    """
    path = Path(path)
    with path.open("rb") as file:
        is_numpy = path.suffix == ".npy" or file.read(len(_NUMPY)) == _NUMPY
    if is_numpy:
        try:
            mean = np.load(path, allow_pickle=False).astype(np.float32)
        except (ValueError, EOFError, OSError) as error:
            raise DataError(f"{path}: not a numpy file that can be read: {error}") from None
    else:
        mean = read_binaryproto(path, "a mean image", DataError).tensor().float().numpy()
    if mean.ndim == 4 and mean.shape[0] == 1:
        mean = mean[0]
    if mean.ndim == 1:
        mean = mean[:, None, None]
    if mean.ndim != 3:
        raise DataError(f"{path}: a mean of shape {mean.shape}; expected channels x height x width")
    return np.ascontiguousarray(mean)
