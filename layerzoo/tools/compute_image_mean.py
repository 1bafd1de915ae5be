"""``compute_image_mean``: compute the mean image of a database of Datum."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from layerzoo.atomic import write_atomic
from layerzoo.data.datum import parse_datums
from layerzoo.data.records import Records
from layerzoo.data.samples import Floats, Image
from layerzoo.errors import DataError, LayerzooError
from layerzoo.log import number
from layerzoo.schema import BlobProto
from layerzoo.tools.databases import LMDB, open_records

log = logging.getLogger("layerzoo")

_AT_ONCE = 100
_SHOWN_EVERY = 10_000


def compute_image_mean(source: str | Path, backend: str = LMDB) -> Floats:
    """Compute the mean of all images of a database, channels (BGR) x height x width.

    Raises:
        DataError: the database is missing or damaged, or its images differ in size.
    """
    records = open_records(source, backend)
    total: Image | None = None
    for start in range(0, len(records), _AT_ONCE):
        for index, image in enumerate(_images(records, start), start):
            if total is None:
                total = np.zeros(image.shape)
            elif image.shape != total.shape:
                raise DataError(
                    f"{records.name(index)}: {_size(image)} (channels x height x width), but the first is "
                    f"{_size(total)}; convert_imageset can resize images"
                )
            total += image
            if (index + 1) % _SHOWN_EVERY == 0:
                log.info("Processed %d files.", index + 1)
    if len(records) % _SHOWN_EVERY:
        log.info("Processed %d files.", len(records))
    assert total is not None  # a database has at least one record
    return (total / len(records)).astype(np.float32)


def write_mean(mean: Floats, path: str | Path) -> None:
    """Write a mean image in Caffe's format ``.binaryproto``.

    Raises:
        LayerzooError: the file can't be written.
    """
    channels, height, width = mean.shape
    blob = BlobProto(num=1, channels=channels, height=height, width=width, data=mean.ravel())
    try:
        write_atomic(path, blob.SerializeToString())
    except OSError as error:
        raise LayerzooError(f"{path} can't be written: {error.strerror or error}") from None


def log_channel_means(mean: Floats) -> None:
    """Log the mean of each channel, for use as ``mean_value``."""
    log.info("Number of channels: %d", len(mean))
    for channel, values in enumerate(mean):
        log.info("mean_value channel [%d]: %s", channel, number(float(values.mean(dtype=np.float64))))


def _images(records: Records, start: int) -> Image:
    places = range(start, min(start + _AT_ONCE, len(records)))
    images, _ = parse_datums(records.read(places), None, lambda i: records.name(start + i))
    return images  # type: ignore[return-value]  # or a list of images, iterated in the same way


def _size(image: Image) -> str:
    return " x ".join(map(str, image.shape))
