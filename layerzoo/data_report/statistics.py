"""Read every sample of a source once: counts, shapes, labels, mean and deviation, hashes of images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

from layerzoo.data.draws import Ints
from layerzoo.data.samples import Array
from layerzoo.data_report.annotations import Annotation, annotation_of
from layerzoo.data_report.duplicates import THUMB, hash_of, thumbnail_of
from layerzoo.data_report.sources import DataSource
from layerzoo.errors import DataError, LayerzooError

MAX_MESSAGES: Final = 1000
"""The most unreadable samples whose messages are kept."""


@dataclass
class SourceStatistics:
    """What one pass over a source found.

    Attributes:
        source: the source.
        count: samples in the source; more than were read if there was a limit.
        keys: what identifies each sample that was read, such as the path of its file.
        labels: the class of each sample that was read; None if samples have none, or several.
        counts: how often each class occurs, in labels, boxes or pixels.
        shapes: how often each shape of the first top occurs.
        unreadable: index and message of samples that can't be read.
        unreadable_count: number of samples that can't be read.
        mean, std: of each channel of the decoded images, or of samples of three axes, in grey levels, or in
            the units of values whose range isn't known; else empty.
        digests: a hash of the values of each sample that was read.
        hashes: the perceptual hash of each image that was read.
        thumbnails: a small copy of each image that was read.
        indices: the index of each sample that was read.
    """

    source: DataSource
    count: int = 0
    keys: list[str] = field(default_factory=list)
    labels: Ints | None = None
    counts: Counter[int] = field(default_factory=Counter)
    shapes: Counter[tuple[int, ...]] = field(default_factory=Counter)
    unreadable: list[tuple[int, str]] = field(default_factory=list)
    unreadable_count: int = 0
    mean: list[float] = field(default_factory=list)
    std: list[float] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    hashes: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    thumbnails: NDArray[np.uint8] = field(default_factory=lambda: np.empty((0, THUMB), np.uint8))
    indices: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def name(self) -> str:
        """The part of the data and what is read."""
        return f"{self.source.part} ({self.source.text})"


Look = Callable[[int, Annotation, "Array | None"], None]
"""Called with the index of a sample, its annotation, and its image as bytes, if it is one."""


def read_statistics(
    source: DataSource,
    limit: int = 0,
    progress: Callable[[int, int], None] | None = None,
    look: Look | None = None,
) -> SourceStatistics:
    """Read the samples of a source, each once and without transforms.

    Args:
        source: the source.
        limit: the most samples to read, spread over the source; 0 for all.
        progress: called with the number of samples read so far, and of all that are read.
        look: called with each sample that can be read.

    Raises:
        LayerzooError: the source can't be opened.
    """
    statistics = SourceStatistics(source, count=len(source.raw))
    chosen = np.arange(statistics.count)
    if limit and limit < statistics.count:
        chosen = np.linspace(0, statistics.count - 1, limit).astype(np.int64)
    labels: list[int | None] = []
    hashes, thumbnails, indices = [], [], []
    sums = _Sums()
    labels_are_known = source.raw.labels_are_known
    known = source.raw.labels() if labels_are_known else None
    for place, index in enumerate(chosen.tolist()):
        if progress is not None:
            progress(place, len(chosen))
        try:
            tops = source.original(index)
        except DataError as error:
            statistics.unreadable_count += 1
            if len(statistics.unreadable) < MAX_MESSAGES:
                statistics.unreadable.append((index, str(error).splitlines()[0]))
            continue
        except LayerzooError as error:
            raise DataError(str(error)) from error
        first = tops[0][0]
        statistics.shapes[first.shape] += 1
        indices.append(index)
        statistics.keys.append(source.raw.key_of(index))
        annotation = annotation_of(tops)
        if labels_are_known:  # tops may hold categories, or numbers that are whole by chance
            annotation.label = None if known is None else int(known[index])
        labels.append(annotation.label)
        _count(statistics.counts, annotation.label, annotation.boxes, annotation.mask)
        pixels = source.as_bytes(first) if source.is_image else None
        if look is not None:
            look(index, annotation, pixels)
        if pixels is not None:
            # rounding makes images of small floats the same
            statistics.digests.append(_digest(pixels if np.array_equal(pixels, first) else first))
            thumbnail = thumbnail_of(pixels)
            thumbnails.append(thumbnail)
            hashes.append(hash_of(thumbnail))
            sums.add(first * source.unit)
        else:
            statistics.digests.append(_digest(*(np.asarray(top) for top in tops)))
            if first.ndim == 3:  # images of HDF5, or spectra
                sums.add(first)
    if labels and None not in labels:
        statistics.labels = np.array(labels, np.int64)
    statistics.hashes, statistics.indices = np.array(hashes, np.uint64), np.array(indices, np.int64)
    if thumbnails:
        statistics.thumbnails = np.stack(thumbnails)
    statistics.mean, statistics.std = sums.result()
    if progress is not None:
        progress(len(chosen), len(chosen))
    return statistics


def _count(
    counts: Counter[int], label: int | None, boxes: Sequence[tuple[int, Sequence[float]]], mask: Array | None
) -> None:
    if label is not None:
        counts[label] += 1
    counts.update(number for number, _ in boxes)
    if mask is not None:
        values, pixels = np.unique(mask.astype(np.int64), return_counts=True)
        counts.update(dict(zip(values.tolist(), pixels.tolist(), strict=True)))


def _digest(*arrays: Array) -> bytes:
    digest = blake2b(digest_size=12)
    for array in arrays:
        digest.update(repr((array.shape, array.dtype.str)).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.digest()


class _Sums:
    """Mean and deviation of each channel; images with another number of channels are left out.

    Squares are of the distances to the mean (Chan et al. 1979), so that no digits are lost where the mean is
    large.
    """

    def __init__(self) -> None:
        self.pixels = 0
        self.mean = self.squares = np.zeros(0)

    def add(self, image: Array) -> None:
        flat = image.reshape(len(image), -1).astype(np.float64)
        count = flat.shape[1]
        if not self.pixels:
            self.mean, self.squares = np.zeros(len(flat)), np.zeros(len(flat))
        if len(flat) != len(self.mean) or not count:
            return
        own = flat.mean(1)
        gap, total = own - self.mean, self.pixels + count
        self.squares = (
            self.squares + ((flat - own[:, None]) ** 2).sum(1) + gap**2 * (self.pixels * count / total)
        )
        self.mean, self.pixels = self.mean + gap * (count / total), total

    def result(self) -> tuple[list[float], list[float]]:
        if not self.pixels:
            return [], []
        return self.mean.tolist(), np.sqrt(self.squares / self.pixels).tolist()


def shown(value: float) -> str:
    """A mean or deviation for people: two decimals, or four digits of one that they would hide."""
    return f"{value:.2f}" if abs(value) >= 10 or not value else f"{value:.4g}"
