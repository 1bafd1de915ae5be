"""``convert_imageset``: the images that a list names, packed into a database of Datum."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from layerzoo.data.image import Encoded, encode, read_bytes
from layerzoo.data.listed_files import locate
from layerzoo.data.samples import Image
from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.data.transform.steps.resize import Resize
from layerzoo.errors import DataError
from layerzoo.schema import Datum
from layerzoo.tools.databases import LMDB, new_records

log = logging.getLogger("layerzoo")

_SHOWN_EVERY = 1000


@dataclass(frozen=True)
class Packing:
    """How images are packed.

    Attributes:
        gray: read them in grey.
        height, width: resize them; both have to be given for that.
        encoded: keep them encoded, of the kind that their names say.
        encode_type: keep them encoded as this kind: ``png``, ``jpg`` …
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

    An image that can't be read is left out with a warning, its number with it, as in Caffe.

    Args:
        root: stands before each name of the list.
        listing: a file with a name and a label on each line.
        target: the database.
        packing: how; None as the files are, in colour.
        shuffle: pack them in random order.
        seed: of that order; None for another each time.
        backend: ``lmdb`` or ``leveldb``.
        check_size: refuse images of different sizes.

    Returns:
        how many were packed.

    Raises:
        DataError: the list can't be read, no image of it can, or two differ in size where that is checked;
            the target is there already.
    """
    packing = packing or Packing()
    lines = read_list(listing)
    if shuffle:
        log.info("Shuffling data")
        random.Random(seed).shuffle(lines)
    log.info("A total of %d images.", len(lines))
    if bool(packing.height) != bool(packing.width):
        log.warning("images are not resized: that takes both resize_height and resize_width")
    count = 0
    first: tuple[str, tuple[int, ...]] | None = None
    with new_records(target, backend) as put:
        for number, line in enumerate(lines):
            path = locate(line.name, root, Path(listing))
            try:
                image, datum = _packed(path, line, packing)
            except DataError as error:
                log.error("%s; left out", error)
                continue
            first = first or (line.name, image.shape)
            if check_size and image.shape != first[1]:
                raise DataError(
                    f"{path}: {_size(image.shape)} (channels x height x width), but {first[0]} is "
                    f"{_size(first[1])}; resize_height and resize_width make them alike"
                )
            put(b"%08d_%s" % (number, line.name.encode(errors="surrogateescape")), datum.SerializeToString())
            count += 1
            if count % _SHOWN_EVERY == 0:
                log.info("Processed %d files.", count)
        if not count:
            raise DataError(f"{listing}: no image of it could be read; is '{root}' their folder?")
    if count % _SHOWN_EVERY:
        log.info("Processed %d files.", count)
    if count < len(lines):
        log.warning("%d of %d images were left out", len(lines) - count, len(lines))
    return count


def read_list(listing: str | Path) -> list[Listed]:
    """The lines of a list: a name and, after the last space, a label; without a label it is 0.

    Raises:
        DataError: the list can't be read, is empty, or a label is no integer.
    """
    try:
        text = Path(listing).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise DataError(f"{listing}: {error.strerror or error}") from None
    found = list(_lines(text, listing))
    if not found:
        raise DataError(f"{listing}: empty; expected a name and a label on each line")
    return found


def _lines(text: str, listing: str | Path) -> Iterator[Listed]:
    for number, line in enumerate(text.split("\n"), 1):
        words = line.rsplit(maxsplit=1)
        if not words:
            continue
        try:
            yield Listed(words[0], int(words[1]) if len(words) > 1 else 0)
        except ValueError:
            raise DataError(
                f"{listing}:{number}: label '{words[1]}'; expected a name and an integer"
            ) from None


def _packed(path: Path, line: Listed, packing: Packing) -> tuple[Image, Datum]:
    data = read_bytes(path)
    as_it_is = not packing.height and not packing.width
    size = Resize(packing.height, packing.width) if packing.height and packing.width else None
    image = Pipeline(Decode(not packing.gray), size).image(Encoded(data), str(path))
    datum = Datum(label=line.label)
    own = _kind(line.name)
    kind = packing.encode_type or (own if packing.encoded else "")
    if not kind and packing.encoded:
        raise DataError(f"{path}: the name doesn't say how to encode it; give encode_type")
    if kind:
        datum.data = data if as_it_is and _same(kind, own) else encode(image, kind, str(path))
        datum.encoded = True
    else:
        datum.channels, datum.height, datum.width = image.shape
        datum.data = image.tobytes()
    return image, datum


def _kind(name: str) -> str:
    """The kind of image that a file's name says: its suffix in lower case."""
    return Path(name).suffix.lower().removeprefix(".")


def _same(one: str, other: str) -> bool:
    return one == other or {one, other} == {"jpg", "jpeg"}


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
