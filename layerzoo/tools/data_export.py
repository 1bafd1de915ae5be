"""``layerzoo data export``: write the images of data as files, in a folder for each class."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from PIL import Image

from layerzoo.atomic import atomic_path
from layerzoo.data.dataset import DATASETS, NamedSet
from layerzoo.data.samples import Array
from layerzoo.data_report.annotations import annotation_of
from layerzoo.data_report.sources import DataSource
from layerzoo.errors import DataError, UsageError

_UNSAFE: Final = re.compile(r'[\x00-\x1f/\\:*?"<>|]+')


class Part(NamedTuple):
    """A part of data: its folder, empty if there is one only; how many samples; and these with classes."""

    folder: str
    total: int
    samples: Iterator[tuple[Array, str]]


def parts_of_named(name: str) -> list[Part]:
    """The splits of a named set.

    Raises:
        UsageError: there is no such set.
        DataError: its files are missing.
    """
    if name not in DATASETS:
        raise UsageError(f"unknown data set '{name}'; data sets: {', '.join(DATASETS)}")
    named = DATASETS[name]()
    parts = []
    for split in named.splits:
        images, labels = named.load(split)
        parts.append(Part(split, len(images), _named(named, images, labels)))
    return parts


def parts_of_sources(sources: Sequence[DataSource]) -> list[Part]:
    """The parts of sources of images with classes.

    Raises:
        DataError: a source has no images, or no classes.
    """
    for source in sources:
        if not source.is_image:
            raise DataError(f"{source.text}: no images; only images with classes can be exported")
    alone = len(sources) == 1
    return [
        Part("" if alone else source.part.lower(), len(source.raw), _of_source(source)) for source in sources
    ]


def export_images(parts: Sequence[Part], target: Path, progress: Callable[[int, int], None]) -> int:
    """Write images as PNG files, ``PART/CLASS/NUMBER.png``; the folder appears when it is complete.

    Args:
        parts: the images.
        target: the folder, which must not exist.
        progress: called with what is done and how much there is.

    Returns:
        the number of files.

    Raises:
        UsageError: the folder exists.
        DataError: an image can't be read, or the folder can't be written.
    """
    if target.exists():
        raise UsageError(f"{target} already exists; name another folder")
    total, done = sum(part.total for part in parts), 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(target) as folder:
            for part in parts:
                digits = len(str(max(1, part.total - 1)))
                for number, (pixels, name) in enumerate(part.samples):
                    inner = folder / part.folder / folder_name(name)
                    inner.mkdir(parents=True, exist_ok=True)
                    _picture(pixels).save(inner / f"{number:0{digits}}.png")
                    done += 1
                    progress(done, total)
    except OSError as error:
        raise DataError(f"{error.filename or target}: {error.strerror or error}") from None
    return done


def folder_name(name: str) -> str:
    """The name of a class as one of a folder.

    >>> folder_name("cat/dog"), folder_name("..")
    ('cat_dog', '_')
    """
    safe = _UNSAFE.sub("_", name).strip()
    return safe if safe.strip(".") and not safe.startswith(".") else f"_{safe.lstrip('.')}"


def _named(named: NamedSet, images: Array, labels: Array) -> Iterator[tuple[Array, str]]:
    names = named.labels or tuple(str(number) for number in range(named.classes))
    for image, label in zip(images, labels, strict=True):
        yield np.rint(np.asarray(image) * 255).clip(0, 255).astype(np.uint8), names[int(label)]


def _of_source(source: DataSource) -> Iterator[tuple[Array, str]]:
    for index in range(len(source.raw)):
        tops = source.original(index)
        label = annotation_of(tops).label
        if label is None:
            raise DataError(
                f"{source.raw.name(index)}: it has no class; only images with classes are exported"
            )
        yield source.as_bytes(tops[0][0]), source.class_name(label)


def _picture(pixels: Array) -> Image.Image:
    """Bytes, channels (BGR) x height x width, as a picture; one channel stays grey."""
    if pixels.ndim != 3 or len(pixels) not in (1, 3):
        shape = " x ".join(map(str, pixels.shape))
        raise DataError(f"a sample of {shape}; images have 1 or 3 channels")
    if len(pixels) == 1:
        return Image.fromarray(np.ascontiguousarray(pixels[0]))
    return Image.fromarray(np.ascontiguousarray(pixels[::-1].transpose(1, 2, 0)))
