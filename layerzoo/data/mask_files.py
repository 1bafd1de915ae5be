"""Images and label images with the same names, for segmentation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from layerzoo.data.class_folders import MAX_FILES, SUFFIXES
from layerzoo.data.draws import Ints
from layerzoo.data.image import Encoded
from layerzoo.data.listed_files import read_lines
from layerzoo.data.samples import Array, Image, Samples
from layerzoo.data.transform import Pipeline
from layerzoo.errors import DataError
from layerzoo.image_file import decode, format_of, open_image, read_file
from layerzoo.reader import images as sandbox_images
from layerzoo.reader import sandbox

_ENDINGS: Final = ("", "_mask", "-mask", "_label", "_seg")
"""What names of masks may have after those of their images."""
_SHOWN: Final = 5
_MIDDLE: Final = 127
_BRIGHTNESS: Final = np.array([19595, 38470, 7471], np.int32)
"""Pillow's weights of red, green and blue, in units of 2^-16."""


class MaskedImage(NamedTuple):
    """An image and its mask, and its path in the folder of images, without suffix."""

    image: Path
    mask: Path
    key: str


def read_mask_folders(images: Path, masks: Path, image_set: str = "") -> list[MaskedImage]:
    """Find images and masks with the same paths in their folders, sorted; suffixes don't count.

    Args:
        images, masks: the folders.
        image_set: a file with a name of an image in each line, in that order; empty: all images.

    Raises:
        OSError: a folder or the list can't be read.
        DataError: an image has no mask, or there are none.
    """
    image_of, mask_of = _by_stem(images), _by_stem(masks)
    keys = sorted(image_of)
    if image_set:
        keys = [words[0] for line in read_lines(image_set) if (words := line.split())]
        if missing := [key for key in keys if key not in image_of]:
            raise DataError(f"{image_set}: no image '{missing[0]:.100}' in {images}")
    pairs, without = [], []
    for key in keys:
        mask = next((mask_of[key + ending] for ending in _ENDINGS if key + ending in mask_of), None)
        if mask is None:
            without.append(key)
        else:
            pairs.append(MaskedImage(image_of[key], mask, key))
    if without:
        shown = ", ".join(f"'{key:.60}'" for key in without[:_SHOWN])
        raise DataError(
            f"{masks}: no mask for {len(without):,} images, such as {shown}; expected the same names"
        )
    if not pairs:
        raise DataError(f"{images}: no images")
    return pairs


def _by_stem(folder: Path) -> dict[str, Path]:
    """The images in a folder, at any depth, by their paths without suffix."""
    paths: dict[str, Path] = {}
    if not folder.is_dir():
        next(folder.iterdir())  # raises what is wrong
    for path in folder.rglob("*"):
        inner = path.relative_to(folder)
        if path.suffix.lower() in SUFFIXES and not any(part.startswith(".") for part in inner.parts):
            key = inner.with_suffix("").as_posix()
            if key in paths:
                raise DataError(f"{folder}: two images named '{key:.100}', with different suffixes")
            paths[key] = path
            if len(paths) > MAX_FILES:
                raise DataError(f"{folder}: more than {MAX_FILES:,} images")
    return paths


def read_mask(path: Path, binary: bool = False) -> NDArray[np.int32]:
    """Read a label image: the indices of a palette, or grey levels.

    Args:
        path: the file.
        binary: whether the mask is black and white: pixels brighter than 127 are 1 and others 0.

    Returns:
        1 x height x width.

    Raises:
        DataError: the file is missing or damaged, has colours, or is to be black and white and has dark
            values alone.
    """
    data, name = read_file(path), str(path)
    if sandbox.is_on():
        pixels = sandbox_images.opened(data, name, indices=not binary)
    else:
        with open_image(data, name) as image:
            pixels = _values(image, indices=not binary)
    if binary:
        return _black_and_white(pixels, name, format_of(data) == "JPEG")
    if pixels.ndim == 3:
        if not (pixels == pixels[..., :1]).all():
            message = "a mask with colours; expected a palette or grey levels, whose values are the classes"
            raise DataError(f"{name}: {message}")
        pixels = pixels[..., 0]
    return pixels.astype(np.int32)[None]


def _black_and_white(pixels: NDArray[Any], name: str, is_jpeg: bool) -> NDArray[np.int32]:
    """1 where grey levels or RGB are bright, else 0; 1 x height x width."""
    levels = pixels.astype(np.int32)
    if levels.ndim == 3:
        levels = (levels @ _BRIGHTNESS + (1 << 15)) >> 16
    # JPEG doesn't keep black as 0
    if not is_jpeg and 0 < levels.max() <= _MIDDLE:
        message = f"binary is for masks in black and white; this one has values up to {levels.max()} alone"
        raise DataError(f"{name}: {message}; remove binary if they are numbers of classes")
    return (levels > _MIDDLE).astype(np.int32)[None]


def _values(image: Any, indices: bool) -> NDArray[Any]:
    """The values of an image: indices of a palette if they are wanted, grey levels, or RGB."""
    if image.mode.startswith("I"):
        return np.asarray(image).astype(np.int32)
    if indices and image.mode == "P":
        return np.asarray(image)
    return np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"))


class MaskFiles(Samples):
    """Images and masks, transformed together.

    Args:
        pairs: the files.
        pipeline: the transforms.
        color: whether images have 3 channels.
        classes: number of the classes; 0: not known.
        ignore_label: the value of pixels without a class.
        binary: whether masks are black and white.
    """

    def __init__(
        self,
        pairs: Sequence[MaskedImage],
        pipeline: Pipeline,
        color: bool,
        classes: int,
        ignore_label: int,
        binary: bool,
    ) -> None:
        self._pairs, self._pipeline, self._color = pairs, pipeline, color
        self._classes, self._ignore_label, self._binary = classes, ignore_label, binary

    def __len__(self) -> int:
        return len(self._pairs)

    def key_of(self, index: int) -> str:
        """The path of an image in its folder, without suffix."""
        return self._pairs[index].key

    def name(self, index: int) -> str:
        """The path of an image."""
        return str(self._pairs[index].image)

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read images and masks."""
        pairs = [self._pairs[index] for index in indices.tolist()]

        def name(index: int) -> str:
            return str(pairs[index].image)

        images, masks = [], []
        for pair in pairs:
            image = decode(read_file(pair.image), self._color, str(pair.image))
            images.append(image)
            masks.append(self._mask(pair, image))
        blob = self._pipeline(images, numbers, key, name, masks=masks)
        return blob, np.stack(masks).astype(np.float32)

    def _mask(self, pair: MaskedImage, image: Image | Encoded) -> Image:
        assert isinstance(image, np.ndarray)
        mask = read_mask(pair.mask, self._binary)
        if mask.shape[1:] != image.shape[1:]:
            sizes = [" x ".join(map(str, each.shape[1:])) for each in (image, mask)]
            raise DataError(f"{pair.mask}: {sizes[1]} pixels, its image {sizes[0]} (height x width)")
        if self._classes:
            wrong = (mask >= self._classes) & (mask != self._ignore_label)
            if wrong.any():
                value = int(mask[wrong][0])
                hint = "; give binary: true for masks in black and white" if value == 255 else ""
                raise DataError(
                    f"{pair.mask}: class {value} of a pixel; there are {self._classes} classes{hint}"
                )
        return mask.astype(np.float32)
