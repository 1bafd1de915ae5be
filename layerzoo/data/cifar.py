"""Read CIFAR's binary files, and the data sets that come in them."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, ClassVar, Final

import numpy as np

from layerzoo.data.dataset import NamedSet
from layerzoo.data.samples import Array, Floats
from layerzoo.errors import DataError
from layerzoo.regular_file import open_regular

MAX_BYTES: Final = 1 << 28
"""The most bytes of an archive, decompressed; CIFAR's have 186 million."""
_PIXELS: Final = 3 * 32 * 32


def read_cifar(data: bytes, labels: int, name: str) -> tuple[Array, Array]:
    """Read records of labels and an image of 32 x 32 pixels: red, then green, then blue.

    Args:
        data: the content of a file.
        labels: bytes of labels before each image; the last one counts: 1 for CIFAR-10, 2 for CIFAR-100.
        name: its name in messages.

    Returns:
        images (count x 3 x 32 x 32, uint8, blue first) and labels (count).

    Raises:
        DataError: the data isn't a whole number of records.
    """
    size = labels + _PIXELS
    if not data or len(data) % size:
        raise DataError(f"{name}: {len(data):,} bytes; expected records of {size:,} bytes")
    records = np.frombuffer(data, np.uint8).reshape(-1, size)
    return records[:, labels:].reshape(-1, 3, 32, 32)[:, ::-1], records[:, labels - 1]


def read_members(path: Path, names: Sequence[str]) -> list[bytes]:
    """Read members of a tar archive, compressed or not; nothing is extracted to files.

    Args:
        path: the archive.
        names: their names, without folders.

    Raises:
        DataError: the archive is damaged, or a member is missing or behind the first `MAX_BYTES`.
    """
    contents: dict[str, bytes] = {}
    try:
        with open_regular(path) as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            stream: Any = _Limited(gzip.GzipFile(fileobj=file) if packed else file)
            # as a stream, so that what a member declares can't make the reader seek
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for member in archive:
                    name = member.name.rpartition("/")[2]
                    if name in names and member.isfile():
                        content = archive.extractfile(member)
                        contents[name] = b"" if content is None else content.read()
                    if len(contents) == len(set(names)):
                        break
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, OverflowError) as error:
        raise DataError(f"{path}: not a readable tar archive: {error!s:.200}") from None
    for name in names:
        if name not in contents:
            raise DataError(f"{path}: no member {name}")
    return [contents[name] for name in names]


class _Limited:
    """A file of which at most `MAX_BYTES` are read."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile) -> None:
        self._file, self._left = file, MAX_BYTES

    def read(self, count: int) -> bytes:
        """Read at most ``count`` bytes."""
        data = self._file.read(min(count, self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            raise OSError(f"more than {MAX_BYTES:,} bytes")
        return data


class CifarSet(NamedSet):
    """Colour images of 32 x 32 pixels in a tar archive of binary files.

    Attributes:
        members: names of the files of each split.
        label_bytes: bytes of labels before each image.
    """

    channels = 3
    native_size = 32
    size = 32
    members: ClassVar[dict[str, tuple[str, ...]]]
    label_bytes: ClassVar[int] = 1

    def load(self, split: str) -> tuple[Floats, Floats]:
        """Load the images and labels of a split, see `NamedSet.load`."""
        path = self.path_of(self.files[0].name)
        names = self.members[split]
        read = [
            read_cifar(data, self.label_bytes, f"{path}: {name}")
            for name, data in zip(names, read_members(path, names), strict=True)
        ]
        labels = np.concatenate([labels for _, labels in read]).astype(np.float32)
        if labels.max() >= self.classes:
            raise DataError(f"{path}: label {labels.max():.0f}; there are {self.classes} classes")
        images = np.concatenate([images for images, _ in read]).astype(np.float32)
        images /= np.float32(255)
        return images, labels
