"""Images and labels as arrays: IDX, CIFAR's binary files and HDF5."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np

from layerzoo.data.cifar import read_cifar
from layerzoo.data.hdf5_rows import HDF5Rows
from layerzoo.data.idx import read_idx
from layerzoo.data.interpolation import interpolate
from layerzoo.data.samples import Array
from layerzoo.errors import DataError, UsageError
from layerzoo.regular_file import read_bytes
from layerzoo.tools.import_formats.records import (
    ImportFormat,
    ImportSettings,
    Item,
    Items,
    by_suffix,
    pixel_datum,
    stamp,
    whole_label,
)

_CIFAR_100: Final = 3074
"""Bytes of a record of CIFAR-100."""


def _items(
    count: int, image_of: Callable[[int], Array], labels: Array, files: Sequence[Path], s: ImportSettings
) -> Items:
    """Items of images, which ``image_of`` gives by their rows; the first of the files holds them."""
    source, origin = files[0], stamp(*files)
    if count != len(labels):
        raise DataError(f"{source}: {count:,} images and {len(labels):,} labels")

    def item(row: int) -> Item:
        label = whole_label(float(labels[row]), f"{source}: row {row}")

        def value() -> bytes:
            image = image_of(row)
            image = interpolate(image, s.height, s.width) if s.height and s.width else image
            return pixel_datum(image, label).SerializeToString()

        return Item(str(row), value, origin)

    return [item(row) for row in range(count)], []


def _of_idx(source: Path, s: ImportSettings) -> Items:
    labels = Path(s.labels or str(source).replace("images-idx3", "labels-idx1"))
    if labels == source:
        raise UsageError(f"'{source}': name the file of its labels by -labels")
    images = read_idx(source, 3)[:, None]
    return _items(len(images), images.__getitem__, read_idx(labels, 1), [source, labels], s)


def _of_cifar(source: Path, s: ImportSettings) -> Items:
    data = read_bytes(source)
    images, labels = read_cifar(data, 1 + (len(data) % _CIFAR_100 == 0), str(source))
    return _items(len(images), images.__getitem__, labels, [source], s)


def _of_hdf5(source: Path, s: ImportSettings) -> Items:
    rows, label_rows = HDF5Rows([source], ["data"]), HDF5Rows([source], ["label"])
    (labels,) = label_rows.read(every := np.arange(len(label_rows)), every, 0)
    labels = labels.reshape(len(labels), -1)
    if labels.shape[1] != 1:
        raise DataError(f"{source}: {labels.shape[1]} labels a row; a Datum holds one; use HDF5Data")
    if len(rows.shapes[0]) != 3:
        raise DataError(f"{source}: images of {len(rows.shapes[0])} axes; expected channels, height, width")
    lock = Lock()

    def image_of(row: int) -> Array:
        with lock:  # a source is used by one thread at a time
            (images,) = rows.read(one := np.array([row]), one, 0)
        image: Array = images[0]
        return image

    return _items(len(rows), image_of, labels[:, 0], [source], s)


def _is_idx(source: Path) -> bool:
    return "ubyte" in source.name and not source.is_dir()


FORMATS: Final = (
    ImportFormat("idx", frozenset({"labels"}), _is_idx, _of_idx),
    ImportFormat("cifar", frozenset(), by_suffix(".bin"), _of_cifar),
    ImportFormat("hdf5", frozenset(), by_suffix(".h5", ".hdf5"), _of_hdf5),
)
"""The formats."""
