"""Read IDX files, the format of MNIST, and the data sets that come in it."""

from __future__ import annotations

import gzip
import io
import zlib
from math import prod
from pathlib import Path
from typing import Final

import numpy as np

from layerzoo.data.dataset import NamedSet
from layerzoo.data.samples import Array, Floats
from layerzoo.errors import DataError
from layerzoo.regular_file import read_bytes

MAX_BYTES: Final = 1 << 30
"""The most bytes of a file, decompressed; MNIST's largest has 47 million, EMNIST's 547 million."""
_PARTS: Final = {"train": "train", "test": "t10k"}


def read_idx(path: Path, axes: int) -> Array:
    """Read an IDX file of bytes, compressed with gzip or not.

    Raises:
        DataError: the file is damaged or has another number of axes.
    """
    try:
        data = read_bytes(path, MAX_BYTES + 1)
        if data.startswith(b"\x1f\x8b") and len(data) <= MAX_BYTES:
            with gzip.open(io.BytesIO(data)) as packed:
                data = packed.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: {error}") from None
    if len(data) > MAX_BYTES:
        raise DataError(f"{path}: more than {MAX_BYTES:,} bytes; at most as many are read")
    head = 4 + 4 * axes
    if len(data) < head or data[:4] != bytes([0, 0, 8, axes]):
        raise DataError(f"{path}: not an IDX file of bytes with {axes} axes")
    shape = tuple(np.frombuffer(data, ">u4", axes, 4).tolist())
    if len(data) - head != prod(shape):
        size = " x ".join(map(str, shape))
        raise DataError(f"{path}: {len(data) - head} bytes, expected {size}; truncated or damaged")
    return np.frombuffer(data, np.uint8, offset=head).reshape(shape)


class IdxSet(NamedSet):
    """Grey images of 28 x 28 pixels in four IDX files with MNIST's names, compressed (``.gz``) or not."""

    channels = 1
    native_size = 28
    size = 28

    def load(self, split: str) -> tuple[Floats, Floats]:
        """Load the images and labels of a split, see `NamedSet.load`."""
        images = read_idx(self.find(f"{_PARTS[split]}-images-idx3-ubyte"), 3)
        labels = read_idx(self.find(f"{_PARTS[split]}-labels-idx1-ubyte"), 1)
        if len(images) != len(labels):
            folder = self.folder()
            raise DataError(f"{folder}: {len(images)} images and {len(labels)} labels in split '{split}'")
        if images.shape[1:] != (self.native_size, self.native_size):
            size = " x ".join(map(str, images.shape[1:]))
            raise DataError(f"{self.folder()}: images of {size} pixels, expected 28 x 28")
        if len(labels) and labels.max() >= self.classes:
            raise DataError(f"{self.folder()}: label {labels.max()}; there are {self.classes} classes")
        return images[:, None].astype(np.float32) / np.float32(255), labels.astype(np.float32)

    @classmethod
    def find(cls, name: str) -> Path:
        """The path of a file, compressed or not.

        Raises:
            DataError: it is missing.
        """
        return cls.path_of(name, f"{name}.gz")
