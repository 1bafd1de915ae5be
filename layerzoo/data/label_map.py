"""Label maps: the names of a detector's classes, as SSD's fork of Caffe writes them."""

from __future__ import annotations

from os import PathLike, fspath

from layerzoo.binding import bind
from layerzoo.errors import ConfigError, DataError, Fault
from layerzoo.loader.read_tree import read_tree
from layerzoo.regular_file import read_bytes
from layerzoo.schema import LabelMap
from layerzoo.source import Source

MAX_BYTES = 1 << 22
"""The largest label map that is read; one of 9,000 classes has 600 kB."""


def read_label_map(path: str | PathLike[str], display: bool = False) -> dict[int, str]:
    """The names of the classes, by their numbers.

    Args:
        path: the file, prototxt with a LabelMap.
        display: the names to display, where the file has them.

    Raises:
        OSError: the file can't be read.
        DataError: it isn't a label map, or has a class twice.
    """
    names: dict[int, str] = {}
    for item in load_label_map(path).item:
        if item.label in names:
            raise DataError(f"{fspath(path)}: class {item.label} stands there twice")
        names[item.label] = item.display_name if display and item.display_name else item.name
    return names


def load_label_map(path: str | PathLike[str]) -> LabelMap:
    """Read a file with a LabelMap, prototxt.

    Raises:
        OSError: the file can't be read.
        DataError: it isn't a label map.
    """
    path = fspath(path)
    data = read_bytes(path, MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise DataError(f"{path}: a label map of more than {MAX_BYTES:,} bytes")
    try:
        text = Source(path, data.decode())
    except UnicodeDecodeError:
        raise DataError(f"{path}: not a label map, as it isn't text in UTF-8") from None
    faults: list[Fault] = []
    message = LabelMap()
    try:
        bind(read_tree(text, "prototxt", None, faults), message, faults)
        if faults:
            raise ConfigError(*faults[:1])
    except ConfigError as error:
        raise DataError(f"not a label map: {error}") from None
    return message
