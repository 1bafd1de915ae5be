"""Samples of Fast and Faster R-CNN: an image of any size, with its annotated boxes or a sample of regions."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from layerzoo.data.draws import Draws, Ints
from layerzoo.data.image import read_image, resize
from layerzoo.data.listed_files import locate
from layerzoo.data.samples import Array, Floats, Image, Samples
from layerzoo.data.windows import read_windows
from layerzoo.errors import DataError

_STD = np.array([0.1, 0.1, 0.2, 0.2], np.float32)
"""The divisors of targets of boxes."""
_SYNTHETIC = 64
"""The number of random images of an epoch."""
_OBJECTS = 4
"""The number of objects of a random image."""
_PROPOSALS = 300
"""The number of proposals of a random image."""


class RegionSettings(NamedTuple):
    """How images are scaled and regions are chosen.

    Attributes:
        of_regions: the tops are those of Fast R-CNN, with a sample of regions; else those of Faster R-CNN.
        classes: number of classes with the background.
        short_side, long_side: pixels of the shorter side after scaling, and of the longer one at most.
        mean: mean of each channel that is subtracted, blue, green, red.
        mirror: a random half of the images is mirrored.
        batch_size: regions of a batch.
        fg_fraction: largest fraction of them that shows objects.
        fg_thresh, bg_thresh_hi, bg_thresh_lo: overlaps with an object: from which a region shows it, below
            which and from which it shows background.
    """

    of_regions: bool
    classes: int
    short_side: int
    long_side: int
    mean: tuple[float, ...]
    mirror: bool
    batch_size: int
    fg_fraction: float
    fg_thresh: float
    bg_thresh_hi: float
    bg_thresh_lo: float


class RegionSamples(Samples):
    """Images with windows: class, overlap with an object, x1, y1, x2, y2 in pixels.

    A window of overlap 1 is an annotated object, the others are proposals.
    """

    def __init__(self, settings: RegionSettings) -> None:
        self.settings = settings

    def picture(self, index: int) -> tuple[Image, Floats, str]:
        """An image, 3 x height x width, its windows, and its name in messages.

        Raises:
            DataError: the image can't be read.
        """
        raise NotImplementedError

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read one batch: images, then size and objects, or regions, labels, targets and weights."""
        s = self.settings
        flips = Draws(key, numbers, 1).below(2, 0) * s.mirror
        images, tops = [], []
        for place, (index, number) in enumerate(zip(indices.tolist(), numbers.tolist(), strict=True)):
            image, windows, name = self.picture(index)
            image, windows, scale = self._scaled(image, windows, bool(flips[place]))
            images.append(image)
            if s.of_regions:
                rng = np.random.default_rng([key % 2**63, number])
                tops.append(_sampled(windows, place, s, len(indices), rng))
            else:
                objects = windows[windows[:, 1] >= 1]
                if len(objects) and not 1 <= objects[:, 0].min() <= objects[:, 0].max() < (
                    s.classes or 2**24
                ):
                    raise DataError(f"{name}: the class of an object is not in 1 to {s.classes - 1}")
                size = np.array([[*image.shape[1:], scale]], np.float32)
                tops.append((size, objects[:, [2, 3, 4, 5, 0]]))
        return (
            _padded(images),
            *(np.concatenate(blobs).astype(np.float32) for blobs in zip(*tops, strict=True)),
        )

    def _scaled(self, image: Image, windows: Floats, flip: bool) -> tuple[Floats, Floats, float]:
        """An image without its mean, scaled, with its windows in pixels of the result, and the scale."""
        s = self.settings
        height, width = image.shape[1:]
        windows = windows.copy()
        if flip:
            image = image[:, :, ::-1]
            windows[:, [2, 4]] = width - 1 - windows[:, [4, 2]]
        scale = min(s.short_side / min(height, width), s.long_side / max(height, width))
        pixels = resize(image, max(1, round(height * scale)), max(1, round(width * scale)))
        windows[:, 2:] *= scale
        return pixels - np.array(s.mean, np.float32).reshape(-1, 1, 1), windows, scale


class WindowFile(RegionSamples):
    """The images of a window file of R-CNN.

    Args:
        source: the window file.
        root: folder that its paths are relative to; empty: the file's, then the working folder.
        settings: how images are scaled and regions are chosen.

    Raises:
        OSError: the file can't be read.
        DataError: the file has another format, or holds no images.
    """

    def __init__(self, source: str, root: str, settings: RegionSettings) -> None:
        super().__init__(settings)
        self._source = source
        images = list(read_windows(source))
        self._images = [(locate(image.path, root, Path(source)), image.windows) for image in images]
        self._keys = [image.path for image in images]
        if not self._images:
            raise DataError(f"{source}: no images")

    def __len__(self) -> int:
        return len(self._images)

    def key_of(self, index: int) -> str:
        """The path of an image as it is written in the file."""
        return self._keys[index]

    def name(self, index: int) -> str:
        """The path of an image, and its number in the file."""
        return f"{self._images[index][0]} (image {index} of {self._source})"

    def picture(self, index: int) -> tuple[Image, Floats, str]:
        """An image of the file; see `RegionSamples.picture`."""
        path, windows = self._images[index]
        name = self.name(index)
        return read_image(path, True, name), windows, name


class SyntheticRegions(RegionSamples):
    """Random images of the full size with objects and proposals, to check and time a net."""

    def __len__(self) -> int:
        return _SYNTHETIC

    def picture(self, index: int) -> tuple[Image, Floats, str]:
        """Noise, whose windows depend only on the index; see `RegionSamples.picture`."""
        s = self.settings
        rng = np.random.default_rng(index)
        height, width = s.short_side, s.long_side
        image = rng.integers(0, 256, (3, height, width)).astype(np.uint8)
        count = _OBJECTS + _PROPOSALS * s.of_regions
        sides = rng.uniform(0.2, 0.6, (count, 2)) * [width, height]
        corners = rng.uniform(0, 1, (count, 2)) * ([width - 1, height - 1] - sides)
        shown = rng.integers(1, max(2, s.classes), count)
        overlaps = np.where(np.arange(count) < _OBJECTS, 1, rng.uniform(0, 0.9, count))
        windows = np.column_stack((shown, overlaps, corners, corners + sides))
        return image, windows.astype(np.float32), f"random image {index}"


def _padded(images: list[Floats]) -> Floats:
    """Images in one blob, with zeros below and to the right of the smaller ones."""
    height, width = (max(image.shape[axis] for image in images) for axis in (1, 2))
    blob = np.zeros((len(images), 3, height, width), np.float32)
    for place, image in enumerate(images):
        blob[place, :, : image.shape[1], : image.shape[2]] = image
    return blob


def _sampled(
    windows: Floats, image: int, s: RegionSettings, images: int, rng: np.random.Generator
) -> tuple[Array, ...]:
    """Regions of one image that train: regions, labels, targets of boxes, and their weights twice."""
    overlaps, total = windows[:, 1], s.batch_size // images
    shows = np.flatnonzero(overlaps >= s.fg_thresh)
    background = np.flatnonzero(
        (overlaps < s.bg_thresh_hi) & (overlaps >= s.bg_thresh_lo) & (overlaps < s.fg_thresh)
    )
    shows = rng.permutation(shows)[: round(s.fg_fraction * total)]
    background = rng.permutation(background)[: total - len(shows)]
    chosen = windows[np.concatenate((shows, background))]
    labels = chosen[:, 0].copy()
    labels[len(shows) :] = 0
    regions = np.column_stack((np.full(len(chosen), image), chosen[:, 2:]))
    objects = windows[overlaps >= 1]
    targets = np.zeros((len(chosen), s.classes, 4), np.float32)
    weights = np.zeros_like(targets)
    if len(objects):
        best = objects[_overlaps(chosen[:, 2:], objects[:, 2:]).argmax(1), 2:]
        column = np.clip(labels, 0, s.classes - 1).astype(int)
        rows = np.flatnonzero(labels > 0)
        targets[rows, column[rows]] = (_encoded(chosen[:, 2:], best) / _STD)[rows]
        weights[rows, column[rows]] = 1
    flat = weights.reshape(len(chosen), -1)
    return regions, labels, targets.reshape(len(chosen), -1), flat, flat


def _overlaps(boxes: Floats, others: Floats) -> Floats:
    """Intersection over union of every box with every other, in pixels that belong to them."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    inner = np.clip(high - low + 1, 0, None).prod(-1)
    areas = [(b[:, 2:] - b[:, :2] + 1).prod(-1) for b in (boxes, others)]
    return np.asarray(inner / np.maximum(areas[0][:, None] + areas[1] - inner, 1e-9), np.float32)


def _encoded(boxes: Floats, targets: Floats) -> Floats:
    """Offsets of target boxes relative to boxes, as in `layerzoo.functional.anchors.encode_offsets`."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2] + 1, 1)
    own = np.maximum(targets[:, 2:] - targets[:, :2] + 1, 1)
    shift = targets[:, :2] + own / 2 - boxes[:, :2] - sides / 2
    return np.concatenate((shift / sides, np.log(own / sides)), 1)
