"""The data set ``mnist``: handwritten digits, read from the original IDX files."""

from __future__ import annotations

import gzip
import io
import zlib
from math import prod
from pathlib import Path

import numpy as np

from layerzoo.data.dataset import NamedSet, dataset
from layerzoo.data.samples import Array, Floats
from layerzoo.errors import DataError
from layerzoo.home import home
from layerzoo.regular_file import read_bytes

_FILES = {"train": "train", "test": "t10k"}
_MAX_BYTES = 1 << 27
"""The most bytes that are decompressed; MNIST's largest file has 47 million."""


@dataset
class MNIST(NamedSet):
    """70,000 handwritten digits of 28 x 28 pixels: 60,000 to train, 10,000 to test.

    The package doesn't contain them: the four IDX files, compressed (``.gz``) or not, are read from
    ``data/mnist`` in ``LAYERZOO_HOME``.
    """

    channels = 1
    native_size = 28
    size = 28
    classes = 10
    credit = "MNIST, Y. LeCun, C. Cortes and C. Burges, 1998"

    def load(self, split: str) -> tuple[Floats, Floats]:
        """Load the images and labels of a split, see `NamedSet.load`."""
        folder = home() / "data" / "mnist"
        images = read_idx(_find(folder, f"{_FILES[split]}-images-idx3-ubyte"), 3)
        labels = read_idx(_find(folder, f"{_FILES[split]}-labels-idx1-ubyte"), 1)
        if len(images) != len(labels):
            raise DataError(f"{folder}: {len(images)} images and {len(labels)} labels in split '{split}'")
        return images[:, None].astype(np.float32) / np.float32(255), labels.astype(np.float32)


def read_idx(path: Path, axes: int) -> Array:
    """Read an IDX file of bytes, compressed with gzip or not.

    Raises:
        DataError: the file is damaged or has another number of axes.
    """
    try:
        data = read_bytes(path)
        if data.startswith(b"\x1f\x8b"):
            with gzip.open(io.BytesIO(data)) as packed:
                data = packed.read(_MAX_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: {error}") from None
    head = 4 + 4 * axes
    if len(data) < head or data[:4] != bytes([0, 0, 8, axes]):
        raise DataError(f"{path}: not an IDX file of bytes with {axes} axes")
    shape = tuple(np.frombuffer(data, ">u4", axes, 4).tolist())
    if len(data) - head != prod(shape):
        size = " x ".join(map(str, shape))
        raise DataError(f"{path}: {len(data) - head} bytes, expected {size}; truncated or damaged")
    return np.frombuffer(data, np.uint8, offset=head).reshape(shape)


def _find(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            return path
    raise DataError(
        f"data set 'mnist' needs the file {name} (or {name}.gz) in {folder}; "
        "download MNIST's four IDX files there, or set LAYERZOO_HOME to the folder that holds data/mnist"
    )
