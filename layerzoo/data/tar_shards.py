"""Find samples in tar archives, as the library webdataset writes them.

A sample is the members that have one name, and several suffixes.
"""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from layerzoo.data.class_folders import SUFFIXES
from layerzoo.data.draws import Ints
from layerzoo.data.image import Encoded
from layerzoo.data.samples import Array, Kept, Samples
from layerzoo.data.transform import Pipeline
from layerzoo.errors import DataError
from layerzoo.image_file import MAX_FILE
from layerzoo.regular_file import open_regular

MAX_SAMPLES: Final = 1 << 26
"""The most samples of a source."""
MAX_SHARDS: Final = 1 << 16
"""The most archives of a source."""
_RANGE: Final = re.compile(r"\{(\d{1,9})\.\.(\d{1,9})\}")
_MAX_LABEL_BYTES: Final = 64


class TarSample(NamedTuple):
    """An image in an archive: where its bytes are, and its label."""

    shard: Path
    key: str
    start: int
    size: int
    label: int


def find_shards(source: str) -> list[Path]:
    """The archives of a folder, or of a pattern, sorted; a name with a range in braces is a list of them.

    Raises:
        OSError: the folder can't be read.
        DataError: there are none, or too many.
    """
    path = Path(source)
    match = _RANGE.search(source)
    if path.is_dir():
        shards = sorted(one for one in path.iterdir() if one.suffix == ".tar" and one.name[0] != ".")
    elif match:
        first, last = int(match[1]), int(match[2])
        if not 0 <= last - first < MAX_SHARDS:
            raise DataError(f"{source}: archives {first} to {last}; expected 1 to {MAX_SHARDS:,}")
        shards = [
            Path(f"{source[: match.start()]}{number:0{len(match[1])}}{source[match.end() :]}")
            for number in range(first, last + 1)
        ]
    elif "*" in path.name or "?" in path.name:
        shards = sorted(path.parent.glob(path.name))
    else:
        shards = [path]
    if not shards:
        raise DataError(f"{source}: no archives .tar")
    if len(shards) > MAX_SHARDS:
        raise DataError(f"{source}: more than {MAX_SHARDS:,} archives")
    return shards


def index_shard(shard: Path, label_suffix: str) -> list[TarSample]:
    """Find the images of an archive and their labels, by the headers of its members.

    Raises:
        OSError: the archive can't be read.
        DataError: it is damaged or compressed, or an image has no label.
    """
    images: dict[str, tuple[int, int]] = {}
    labels: dict[str, int] = {}
    with open_regular(shard) as file:
        size = os.fstat(file.fileno()).st_size
        try:
            with tarfile.open(fileobj=file, mode="r:") as archive:
                for member in archive:
                    if not member.isreg() or member.issparse():
                        continue
                    folder, slash, name = member.name.rpartition("/")
                    stem, _, suffix = name.partition(".")
                    key = f"{folder}{slash}{stem}"
                    start, length = member.offset_data, member.size
                    if not 0 <= start <= start + length <= size:
                        raise DataError(
                            f"{shard}: member '{member.name:.100}' goes beyond the end of the file"
                        )
                    if f".{suffix.lower()}" in SUFFIXES:
                        if length > MAX_FILE:
                            raise DataError(f"{shard}: member '{member.name:.100}' has {length:,} bytes")
                        images[key] = (start, length)
                        if len(images) > MAX_SAMPLES:
                            raise DataError(f"{shard}: more than {MAX_SAMPLES:,} images")
                    elif suffix == label_suffix:
                        labels[key] = _label(
                            os.pread(file.fileno(), _MAX_LABEL_BYTES, start)[:length], member, shard
                        )
        except (tarfile.TarError, ValueError, OverflowError, EOFError) as error:
            hint = "; compressed ones are not read" if shard.name.endswith(("gz", "bz2", "xz")) else ""
            raise DataError(f"{shard}: not a readable tar archive: {error!s:.200}{hint}") from None
    for key in images:
        if key not in labels:
            raise DataError(f"{shard}: image '{key:.100}' has no label '{key:.100}.{label_suffix}'")
    return [TarSample(shard, key, *place, labels[key]) for key, place in images.items()]


def _label(data: bytes, member: tarfile.TarInfo, shard: Path) -> int:
    text = data.decode("ascii", "replace").strip()
    if not re.fullmatch(r"-?\d{1,9}", text):
        raise DataError(f"{shard}: member '{member.name:.100}' is '{text:.40}'; expected a whole number")
    return int(text)


class TarSamples(Samples):
    """Images of archives.

    Args:
        samples: the images.
        pipeline: their transforms.
    """

    labels_are_known = True

    def __init__(self, samples: Sequence[TarSample], pipeline: Pipeline) -> None:
        self._samples, self._pipeline = samples, pipeline

    def __len__(self) -> int:
        return len(self._samples)

    def key_of(self, index: int) -> str:
        """The names of the archive and of the sample in it."""
        sample = self._samples[index]
        return f"{sample.shard.name}/{sample.key}"

    def name(self, index: int) -> str:
        """The path of the archive, and the name of the sample in it."""
        sample = self._samples[index]
        return f"{sample.key} in {sample.shard}"

    def keep(self, kept: Kept) -> bool:
        """Keep images after decoding and the other leading transforms that aren't random."""
        return self._pipeline.keep(kept)

    def labels(self) -> Ints:
        """The class of each image."""
        return np.array([sample.label for sample in self._samples], np.int64)

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read images and labels."""
        places = indices.tolist()

        def name(index: int) -> str:
            return self.name(places[index])

        images = [Encoded(partial(self._bytes, place)) for place in places]
        labels = np.array([self._samples[place].label for place in places], np.float32)
        return self._pipeline(images, numbers, key, name), labels

    def _bytes(self, index: int) -> bytes:
        sample = self._samples[index]
        try:
            with open_regular(sample.shard) as file:
                return os.pread(file.fileno(), sample.size, sample.start)
        except OSError as error:
            raise DataError(f"{self.name(index)}: {error.strerror or error}") from None
