"""Lists of images with label images, for segmentation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from layerzoo.data.draws import Ints
from layerzoo.data.image import read_image
from layerzoo.data.interpolation import Kind, interpolate
from layerzoo.data.listed_files import locate, read_lines
from layerzoo.data.samples import Array, Image, Samples
from layerzoo.data.transform import Pipeline
from layerzoo.errors import DataError


class ListedImage(NamedTuple):
    """A line of a list: an image, the word for its labels (or nothing), its number, the path as written."""

    image: Path
    labels: str
    line: int
    name: str = ""


def read_pairs(source: str, root: str, labelled: bool = True) -> list[ListedImage]:
    """Read a list of images with label images, one pair a line.

    Args:
        source: path of the list.
        root: prefix of each path; see `layerzoo.data.listed_files.locate`.
        labelled: whether each line has a second word.

    Raises:
        OSError: the list can't be read.
        DataError: a line has too few words, or the list is empty.
    """
    pairs = []
    for number, line in enumerate(read_lines(source), 1):
        words = line.split()
        if labelled and len(words) == 1:
            raise DataError(f"{source}:{number}: '{line.strip():.200}'; expected an image and its labels")
        if words:
            labels = words[1] if labelled else ""
            pairs.append(ListedImage(locate(words[0], root, Path(source)), labels, number, words[0]))
    if not pairs:
        raise DataError(f"{source}: the list names no files")
    return pairs


class LabelledPixels(Samples):
    """The pairs of a list, transformed together.

    Args:
        source, root: of the list.
        pairs: its lines.
        pipeline: the transforms.
        size: height and width that images are resized to first; None keeps them.
        color: whether images have 3 channels.
        mask: gives the label image of a pair, from its line, and the height and width of its image.
        dims: whether the sizes of the images are a third top.
    """

    def __init__(
        self,
        source: str,
        root: str,
        pairs: list[ListedImage],
        pipeline: Pipeline,
        size: tuple[int, int] | None,
        color: bool,
        mask: Callable[[ListedImage, int, int, str], Image],
        dims: bool = False,
    ) -> None:
        self._source, self._root, self._pairs = source, root, pairs
        self._pipeline, self._size, self._color = pipeline, size, color
        self._mask, self._dims = mask, dims

    def __len__(self) -> int:
        return len(self._pairs)

    def key_of(self, index: int) -> str:
        """The path of an image as it is written in the list."""
        return self._pairs[index].name

    def name(self, index: int) -> str:
        """The path of an image, and its line."""
        return self._name(self._pairs[index])

    def first(self) -> Image:
        """The first image, resized."""
        return self._image(self._pairs[0])

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read images, label images, and sizes if they are a top."""
        pairs = [self._pairs[index] for index in indices.tolist()]

        def name(index: int) -> str:
            return self._name(pairs[index])

        images = [self._image(pair) for pair in pairs]
        masks = []
        for pair, image in zip(pairs, images, strict=True):
            _, height, width = image.shape
            mask = self._mask(pair, height, width, self._name(pair))
            if mask.shape[1:] != image.shape[1:]:
                sizes = [" x ".join(map(str, each.shape[1:])) for each in (image, mask)]
                message = f"the image is {sizes[0]}, its label image {sizes[1]} (height x width)"
                raise DataError(f"{self._name(pair)}: {message}")
            masks.append(mask.astype(np.float32))
        sizes_of = np.array([image.shape[1:] for image in images], np.float32)
        blob = self._pipeline(images, numbers, key, name, masks=masks)
        labels = np.stack(masks)
        if not self._dims:
            return blob, labels
        return blob, labels, np.minimum(sizes_of, blob.shape[2:]).reshape(-1, 1, 1, 2)

    def _image(self, pair: ListedImage) -> Image:
        return read_sized(pair.image, self._color, self._size, self._name(pair))

    def _name(self, pair: ListedImage) -> str:
        return f"{pair.image} ({self._source}:{pair.line})"


def read_sized(
    path: Path, color: bool, size: tuple[int, int] | None, name: str, kind: Kind = "LINEAR"
) -> Image:
    """Read an image, resized if a size is given.

    Raises:
        DataError: the file is missing or not an image.
    """
    image = read_image(path, color, name)
    return image if size is None else interpolate(image, *size, kind)
