"""Read and write Datum messages: the images or vectors with labels in Caffe's databases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from math import prod
from pathlib import Path

import numpy as np
from google.protobuf.message import DecodeError

from layerzoo.data.image import Encoded
from layerzoo.data.lmdb_records import write_lmdb
from layerzoo.data.samples import Floats, Image
from layerzoo.errors import DataError
from layerzoo.image_file import decode
from layerzoo.reader.block import Block
from layerzoo.schema import Datum


def parse_datums(
    values: Sequence[bytes], color: bool | None, name_of: Callable[[int], str]
) -> tuple[Sequence[Image] | Image, Floats]:
    """Parse serialised Datums and decode their images.

    Args:
        values, name_of: see `read_datums`.
        color: for encoded images, see `layerzoo.image_file.decode`.

    Raises:
        DataError: a record is damaged, inconsistent, or can't be decoded.
    """
    images, labels = read_datums(values, name_of)
    if isinstance(images, np.ndarray):
        return images, labels
    return [
        decode(image.data, color, name_of(index)) if isinstance(image, Encoded) else image
        for index, image in enumerate(images)
    ], labels


def read_datums(
    values: Sequence[bytes] | Block, name_of: Callable[[int], str], *, float_labels: bool = False
) -> tuple[Sequence[Image | Encoded] | Image, Floats]:
    """Parse serialised Datums; encoded images stay encoded.

    Args:
        values: the records.
        name_of: gives the name of a record for error messages, by its index.
        float_labels: whether ``float_data`` beside ``data`` holds the labels.

    Returns:
        images of channels x height x width, uint8 or (``float_data``) float32, as one array if all are raw
        and of the same shape, which may use the memory of a block; and the labels: count, or count x labels
        of each if there are several.

    Raises:
        DataError: a record is damaged or inconsistent.
    """
    block = values if isinstance(values, Block) else Block.of(values)
    if (uniform := _part_of_whole(block) or _of_one_shape(block)) is not None:
        return uniform
    datums = [_parse(value, index, name_of) for index, value in enumerate(values)]
    images, labels = images_of(datums, name_of)
    beside = _float_labels(datums, name_of) if float_labels else None
    return images, labels if beside is None else beside


def images_of(
    datums: Sequence[Datum], name_of: Callable[[int], str]
) -> tuple[Sequence[Image | Encoded] | Image, Floats]:
    """Extract the images and labels of Datums, see `read_datums`.

    Raises:
        DataError: a Datum is inconsistent.
    """
    labels = np.array([datum.label for datum in datums], np.float32)
    data = [datum.data for datum in datums]  # each access copies
    shape = (datums[0].channels, datums[0].height, datums[0].width)
    size = prod(shape)
    if min(shape) > 0 and all(
        len(pixels) == size and (d.channels, d.height, d.width) == shape and not d.encoded
        for d, pixels in zip(datums, data, strict=True)
    ):
        joined = np.frombuffer(b"".join(data), np.uint8)
        return joined.reshape(len(datums), *shape), labels
    return [_image(datum, name_of(index)) for index, datum in enumerate(datums)], labels


def _float_labels(datums: Sequence[Datum], name_of: Callable[[int], str]) -> Floats | None:
    """The numbers beside the pixels of Datums; None if there are none.

    Raises:
        DataError: the Datums have different numbers of them.
    """
    counts = [len(datum.float_data) if datum.data else 0 for datum in datums]
    if not any(counts):
        return None
    if len(set(counts)) > 1:
        other = next(index for index, count in enumerate(counts) if count != counts[0])
        raise DataError(
            f"{name_of(other)}: {counts[other]} labels in float_data beside the image, but {name_of(0)} of "
            f"the same batch has {counts[0]}"
        )
    labels = np.array([datum.float_data for datum in datums], np.float32)
    return labels[:, 0] if counts[0] == 1 else labels


def _part_of_whole(block: Block) -> tuple[Image, Floats] | None:
    """The images and labels of a part of a block that was parsed at once; None if that can't be."""
    whole = block.whole
    if whole is None:
        return None
    if "datums" not in whole.known:
        is_even = bool((whole.sizes == whole.sizes[0]).all())
        whole.known["datums"] = _of_one_shape(whole) if is_even else None
    if whole.known["datums"] is None:  # perhaps due to records of other parts
        return None
    images, labels = whole.known["datums"]
    place = slice(block.first, block.first + len(block))
    return images[place], labels[place].copy()


def _of_one_shape(block: Block) -> tuple[Image, Floats] | None:
    """The images and labels of Datums of bytes of one shape, without copies if all are of one size.

    None for any others. All but the label stands before the pixels, as protobuf writes it, and is the same in
    all records.
    """
    try:
        first = Datum.FromString(block[0])
        shape, data = (first.channels, first.height, first.width), first.data
        if min(shape) < 1 or prod(shape) != len(data):
            return None
        whole = Datum(channels=shape[0], height=shape[1], width=shape[2], data=data).SerializeToString()
        head = np.frombuffer(whole[: -len(data)], np.uint8)
        start, end = len(head), len(whole)
        size = int(block.sizes[0])
        if block.sizes.min() < end:  # one is cut
            return None
        is_even = bool((block.sizes == size).all())
        records = block.data.reshape(len(block), size) if is_even else None
        heads = (
            block.data[block.starts[:, None] + np.arange(start)] if records is None else records[:, :start]
        )
        if not (heads == head).all():
            return None
        if records is not None:
            rest, each = records[:, end:].tobytes(), size - end
            ends = [rest[at * each : (at + 1) * each] for at in range(len(block))]
            pixels = records[:, start:end]
        else:
            places = list(zip(block.starts.tolist(), block.sizes.tolist(), strict=True))
            ends = [block.data[at + end : at + size].tobytes() for at, size in places]
            pixels = np.concatenate([block.data[at + start : at + end] for at, _ in places])
        labels = np.array([_label(rest) for rest in ends], np.float32)
    except (DecodeError, ValueError):
        return None
    return pixels.reshape(len(block), *shape), labels


@lru_cache(4096)
def _label(rest: bytes) -> int:
    """The label in what follows the pixels of a Datum.

    Raises:
        ValueError: other fields follow, too.
    """
    datum = Datum.FromString(rest)
    if datum.encoded or any(field.name not in ("label", "encoded") for field, _ in datum.ListFields()):
        raise ValueError
    return datum.label


def _parse(value: bytes, index: int, name_of: Callable[[int], str]) -> Datum:
    try:
        return Datum.FromString(value)
    except DecodeError:
        raise DataError(f"{name_of(index)}: damaged, or not a Datum ({len(value)} bytes)") from None


def _image(datum: Datum, name: str) -> Image | Encoded:
    if datum.encoded:
        return Encoded(datum.data)
    shape = (datum.channels, datum.height, datum.width)
    pixels = np.frombuffer(datum.data, np.uint8) if datum.data else np.array(datum.float_data, np.float32)
    if len(pixels) != prod(shape) or min(shape) < 1:
        size = " x ".join(map(str, shape))
        raise DataError(f"{name}: a Datum of {size} (channels x height x width) has {len(pixels)} values")
    return pixels.reshape(shape)


def write_datums(path: str | Path, images: Iterable[Image], labels: Iterable[int]) -> int:
    """Write images and labels to a new LMDB of Datums, as Caffe's tools do.

    Args:
        path: folder to create; an existing one is replaced.
        images: each channels x height x width; uint8 is stored as bytes, other types as ``float_data``.
        labels: one for each image.

    Returns:
        number of records written.

    Raises:
        OSError: the folder can't be written.
        ValueError: an image doesn't have 3 axes, or the numbers of images and labels differ.
    """
    return write_lmdb(path, _records(images, labels))


def _records(images: Iterable[Image], labels: Iterable[int]) -> Iterator[tuple[bytes, bytes]]:
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        channels, height, width = image.shape
        datum = Datum(channels=channels, height=height, width=width, label=int(label))
        if image.dtype == np.uint8:
            datum.data = image.tobytes()
        else:
            datum.float_data.extend(image.ravel().tolist())
        yield b"%08d" % index, datum.SerializeToString()
