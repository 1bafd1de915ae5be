"""What the formats of ``layerzoo data import`` have in common: settings, and records of image files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from layerzoo.data.image import encode
from layerzoo.data.interpolation import interpolate
from layerzoo.data.listed_files import Listed
from layerzoo.data.samples import Array
from layerzoo.errors import DataError
from layerzoo.image_file import decode, geometry, read_file
from layerzoo.schema import Datum

_MOST_LABEL: Final = 1 << 31


class ImportSettings(NamedTuple):
    """How data is converted.

    Attributes:
        kind: the name of a format; empty: found by the source.
        root: folder of the images of a list, a table or COCO's annotations; empty: that of the source.
        labels: the file of labels of IDX images.
        part: the folder train, val or test of a folder that has them; the list of images of VOC.
        height, width: size to resize images to; 0 keeps it.
        gray: store one channel.
        raw: store pixels; else the bytes of image files as they are, where they are neither resized nor grey.
        shuffle: store records in a random order, the same for the same data; else in that of the source.
    """

    kind: str = ""
    root: str = ""
    labels: str = ""
    part: str = ""
    height: int = 0
    width: int = 0
    gray: bool = False
    raw: bool = False
    shuffle: bool = False


class Item(NamedTuple):
    """A record to be written.

    Attributes:
        name: its name.
        compute: computes its value, in any thread.
        origin: what the value depends on beside the settings: labels, boxes, sizes and times of files.
    """

    name: str
    compute: Callable[[], bytes]
    origin: str


Items = tuple[list[Item], list[str]]
"""Records, and the names of the classes, if they are known."""


class ImportFormat(NamedTuple):
    """A format that is read.

    Attributes:
        name: its name, as ``-kind`` gives it.
        flags: the flags that have an effect on it, beside those of all formats.
        recognises: whether the name of a source, which exists, is that of the format.
        items: lists the records of a source; raises OSError, DataError, LayerFault or UsageError.
    """

    name: str
    flags: frozenset[str]
    recognises: Callable[[Path], bool]
    items: Callable[[Path, ImportSettings], Items]


def by_suffix(*suffixes: str) -> Callable[[Path], bool]:
    """Recognise files by the endings of their names."""
    return lambda source: source.suffix.lower() in suffixes and not source.is_dir()


def image_item(path: Path, name: str, label: float, s: ImportSettings) -> Item:
    """The record of an image file with a label.

    Raises:
        OSError: the file is missing.
        DataError: the label is none that a Datum holds.
    """
    whole = whole_label(label, str(path))

    def value() -> bytes:
        return image_datum(path, read_file(path), whole, s).SerializeToString()

    return Item(name, value, f"{whole} {stamp(path)}")


def float_item(file: Listed, s: ImportSettings) -> Item:
    """The record of a line with several labels, or in a list with fractions: they stand in ``float_data``.

    Raises:
        OSError: the file is missing.
    """

    def value() -> bytes:
        datum = image_datum(file.path, read_file(file.path), 0, s)
        datum.float_data.extend(file.labels)
        return datum.SerializeToString()

    return Item(file.name or str(file.path), value, f"{file.labels} {stamp(file.path)}")


def image_datum(path: Path, data: bytes, label: int, s: ImportSettings) -> Datum:
    """A Datum of an image file, which is decoded in any case, so that damaged ones are found now.

    Args:
        path: its path, for messages.
        data: its bytes.
        label: its label.
        s: how it is converted.

    Raises:
        DataError: it is damaged.
    """
    image = decode(data, not s.gray, str(path))
    if s.height and s.width:
        image = interpolate(image, s.height, s.width)
    elif not s.raw and not s.gray:
        channels, height, width = image.shape
        if geometry(data, str(path)).orientation != 1:
            data = encode(image, "png", str(path))  # Data layers don't turn images
        return Datum(channels=channels, height=height, width=width, data=data, label=label, encoded=True)
    return pixel_datum(image, label)


def pixel_datum(image: Array, label: int) -> Datum:
    """A Datum of pixels, channels x height x width: bytes, or numbers."""
    channels, height, width = image.shape
    datum = Datum(channels=channels, height=height, width=width, label=label)
    if image.dtype == np.uint8:
        datum.data = np.ascontiguousarray(image).tobytes()
    else:
        datum.float_data.extend(image.ravel().tolist())
    return datum


def whole_label(label: float, name: str) -> int:
    """A label as a whole number.

    Raises:
        DataError: it has a fraction, or too many digits for a Datum.
    """
    whole = int(label) if abs(label) < _MOST_LABEL else None
    if whole != label or whole is None:
        raise DataError(f"{name}: label {label:g}; a Datum holds whole numbers below {_MOST_LABEL:,}")
    return whole


def stamp(*paths: Path) -> str:
    """The size and time of files, which change with them.

    Raises:
        OSError: one is missing.
    """
    facts = [path.stat() for path in paths]
    return " ".join(f"{one.st_size} {one.st_mtime_ns}" for one in facts)
