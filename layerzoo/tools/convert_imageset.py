"""``convert_imageset``: pack the images of a list into a database of Datum."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from layerzoo.data.image import Encoded, encode
from layerzoo.data.listed_files import locate, read_lines
from layerzoo.data.samples import Image
from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.data.transform.steps.resize import Resize
from layerzoo.errors import DataError
from layerzoo.image_file import read_file
from layerzoo.schema import Datum
from layerzoo.tools.databases import LMDB, new_records

log = logging.getLogger("layerzoo")

_SHOWN_EVERY = 1000
_MAX_LABEL = 2**31 - 1
"""The largest label that a Datum holds."""


@dataclass(frozen=True)
class Packing:
    """Options of packing images.

    Attributes:
        gray: read images in grey.
        height, width: size to resize images to; both are required for that.
        encoded: store images encoded, in the format of their file name's suffix.
        encode_type: store images encoded in this format: ``png``, ``jpg`` …
    """

    gray: bool = False
    height: int = 0
    width: int = 0
    encoded: bool = False
    encode_type: str = ""


class Listed(NamedTuple):
    """A line of a list."""

    name: str
    label: int


def convert_imageset(
    root: str,
    listing: str | Path,
    target: str | Path,
    packing: Packing | None = None,
    *,
    shuffle: bool = False,
    seed: int | None = None,
    backend: str = LMDB,
    check_size: bool = False,
) -> int:
    """Pack the images of a list into a new database, under the keys ``00000000_NAME``, ``00000001_NAME`` …

    An unreadable image is skipped with an error in the log, and so is its number, as in Caffe.

    Args:
        root: prefix of each name in the list.
        listing: a file with a name and a label on each line.
        target: path of the database.
        packing: options; None packs the pixels of the files, in colour.
        shuffle: pack images in random order.
        seed: seed of the order; None draws a new order each time.
        backend: ``lmdb`` or ``leveldb``.
        check_size: refuse images of different sizes.

    Returns:
        the number of images packed.

    Raises:
        DataError: the list or all of its images can't be read, the target already exists, or two images
            differ in size with ``check_size``.
    """
    packing = packing or Packing()
    lines = read_list(listing)
    if shuffle:
        log.info("Shuffling data")
        random.Random(seed).shuffle(lines)
    log.info("A total of %d images.", len(lines))
    if bool(packing.height) != bool(packing.width):
        log.warning("images are not resized: this requires both resize_height and resize_width")
    count = 0
    first: tuple[str, tuple[int, ...]] | None = None
    with new_records(target, backend) as put:
        for number, line in enumerate(lines):
            path = locate(line.name, root, Path(listing))
            try:
                image, datum = _packed(path, line, packing)
            except DataError as error:
                log.error("%s; skipped", error)
                continue
            first = first or (line.name, image.shape)
            if check_size and image.shape != first[1]:
                raise DataError(
                    f"{path}: {_size(image.shape)} (channels x height x width), but {first[0]} is "
                    f"{_size(first[1])}; set resize_height and resize_width to resize them"
                )
            put(b"%08d_%s" % (number, line.name.encode(errors="surrogateescape")), datum.SerializeToString())
            count += 1
            if count % _SHOWN_EVERY == 0:
                log.info("Processed %d files.", count)
        if not count:
            raise DataError(f"{listing}: none of its images could be read; is '{root}' their folder?")
    if count % _SHOWN_EVERY:
        log.info("Processed %d files.", count)
    if count < len(lines):
        log.warning("%d of %d images were skipped", len(lines) - count, len(lines))
    return count


def read_list(listing: str | Path) -> list[Listed]:
    """Read a list; each line has a name and, after its last space, a label, which defaults to 0.

    Raises:
        DataError: the list can't be read or is empty, or a label is not an integer.
    """
    try:
        lines = list(_lines(listing))
    except OSError as error:
        raise DataError(f"{listing}: {error.strerror or error}") from None
    if not lines:
        raise DataError(f"{listing}: empty; expected a name and a label on each line")
    return lines


def _lines(listing: str | Path) -> Iterator[Listed]:
    for number, line in enumerate(read_lines(listing), 1):
        words = line.rsplit(maxsplit=1)
        if not words:
            continue
        try:
            label = int(words[1]) if len(words) > 1 else 0
        except ValueError:
            label = _MAX_LABEL + 1
        if abs(label) > _MAX_LABEL:
            raise DataError(
                f"{listing}:{number}: label '{words[1]:.200}'; expected a name and an integer of 32 bits"
            )
        yield Listed(words[0], label)


def _packed(path: Path, line: Listed, packing: Packing) -> tuple[Image, Datum]:
    data = read_file(path)
    unresized = not packing.height and not packing.width
    size = Resize(packing.height, packing.width) if packing.height and packing.width else None
    image = Pipeline(Decode(not packing.gray), size).image(Encoded(data), str(path))
    datum = Datum(label=line.label)
    own = _kind(line.name)
    kind = packing.encode_type or (own if packing.encoded else "")
    if not kind and packing.encoded:
        raise DataError(f"{path}: the name has no suffix to encode it by; set encode_type")
    if kind:
        datum.data = data if unresized and _same(kind, own) else encode(image, kind, str(path))
        datum.encoded = True
    else:
        datum.channels, datum.height, datum.width = image.shape
        datum.data = image.tobytes()
    return image, datum


def _kind(name: str) -> str:
    """Return a file name's suffix in lower case, without the dot."""
    return Path(name).suffix.lower().removeprefix(".")


def _same(one: str, other: str) -> bool:
    return one == other or {one, other} == {"jpg", "jpeg"}


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
