"""A batch of images in a transform pipeline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import torch

from layerzoo.data.draws import Draws, Ints, StreamKey, batch_starts
from layerzoo.data.image import Encoded
from layerzoo.data.samples import Floats, Image
from layerzoo.data.transform.boxes import Boxes
from layerzoo.errors import DataError
from layerzoo.seeds import stable_seed

Shape3 = tuple[int, int, int]
Window = tuple[slice, slice, slice]
"""A region of an image: all channels, some rows, some columns."""

Images = Sequence[Image | Encoded] | Image

_LARGE: Final = 1 << 14
"""Values of an image from which images are computed one by one, not all at once."""


class Batch:
    """Images in a pipeline, with pending arithmetic.

    Crop and mirror create views, and the mean is subtracted when values are first computed, so that each
    image is copied only once.

    Attributes:
        images: each channels x height x width, or still encoded; one array if all have the same shape.
        numbers: their numbers in the endless sequence of samples.
        key: key of the random stream.
        name_of: gives the name of an image for error messages, by its index.
        boxes: the boxes of each image, which move along; None if there are none.
        masks: label images, 1 x height x width, which are cut and mirrored along; None if there are none.
        canvas: height and width of the result if the images fill only a part of it; otherwise None.
        places: the region of the canvas that each image fills; the rest is 0.
        peak: the value of white in images that aren't of bytes; None if it is unknown.
        level: the difference of the images' values that one level of the bytes is that a `ByteStep` changes.

    Args:
        images, numbers, key, name_of: see above.
    """

    def __init__(
        self,
        images: Images,
        numbers: Ints,
        key: int = 0,
        name_of: Callable[[int], str] = "image {} of the batch".format,
    ) -> None:
        self.images = images
        self.numbers = numbers
        self.key = key
        self.name_of = name_of
        self.boxes: Sequence[Boxes] | None = None
        self.masks: list[Image] | None = None
        self.canvas: tuple[int, int] | None = None
        self.places: list[Window] = []
        self.peak: float | None = None
        self.level = 1.0
        self._minus: Floats | list[Floats] | None = None
        self._blob: Floats | None = None
        self._draws: dict[tuple[str, int], Draws] = {}
        self._crop_draws: Draws | None = None

    @property
    def draws(self) -> Draws:
        """Three random numbers per image: for the mirroring, and for the row and the column of the crop."""
        if self._crop_draws is None:
            self._crop_draws = Draws(self.key, self.numbers, 3)
        return self._crop_draws

    def draws_for(self, step: str, count: int) -> Draws:
        """``count`` random numbers per image, from a separate stream for the step."""
        draws = self._draws.get((step, count))
        if draws is None:
            draws = Draws(stable_seed(self.key, step), self.numbers, count)
            self._draws[step, count] = draws
        return draws

    def draws_of_batch(self, step: str, count: int) -> Draws:
        """``count`` random numbers per image, the same for all of a batch, whatever process reads them."""
        draws = self._draws.get((f"{step} of batch", count))
        if draws is None:
            key = self.key.batch_key if isinstance(self.key, StreamKey) else self.key
            draws = Draws(stable_seed(key, step), batch_starts(self.key, self.numbers), count)
            self._draws[f"{step} of batch", count] = draws
        return draws

    @property
    def sizes(self) -> Ints:
        """Height and width of each image, count x 2."""
        if isinstance(self.images, np.ndarray):
            return np.broadcast_to(np.array(self.images.shape[2:], np.int64), (len(self.images), 2))
        return np.array([image.shape[1:] for image in self.pixels], np.int64)

    def subtract(self, mean: Floats) -> None:
        """Subtract a mean of the images' size, or one value per channel (channels x 1 x 1)."""
        self._minus = mean

    def cut(self, windows: Sequence[Window]) -> None:
        """Crop each image to its window."""
        for boxes, window, size in zip(self.boxes or (), windows, self.sizes.tolist(), strict=False):
            boxes.cut(_fractions(window, *size))
        if self.masks is not None:
            self.masks = [mask[window] for mask, window in zip(self.masks, windows, strict=True)]
        first = windows[0]
        if isinstance(self.images, np.ndarray) and all(window == first for window in windows):
            self.images = self.images[(slice(None), *first)]
            if self._minus_image is not None:
                self._minus = self._minus_image[first]
            return
        self.images = [image[window] for image, window in zip(self.pixels, windows, strict=True)]
        if self._minus_image is not None:
            mean = self._minus_image
            self._minus = [mean[window] for window in windows]

    def flip(self, flags: Sequence[int]) -> None:
        """Mirror the images whose flag is set, horizontally."""
        for boxes, flag in zip(self.boxes or (), flags, strict=False):
            if flag:
                boxes.mirror()
        if self.masks is not None:
            self.masks = [
                mask[:, :, ::-1] if flag else mask for mask, flag in zip(self.masks, flags, strict=True)
            ]
        self.images = [
            image[:, :, ::-1] if flag else image for image, flag in zip(self.pixels, flags, strict=True)
        ]
        if isinstance(self._minus, list):
            means: Sequence[Floats] = self._minus
        elif self._minus_image is not None:
            means = [self._minus_image] * len(flags)
        else:
            return
        self._minus = [mean[:, :, ::-1] if flag else mean for mean, flag in zip(means, flags, strict=True)]

    def blob(self) -> Floats:
        """The images as one writable array, with the mean subtracted.

        The images must have the same shape, or places on a canvas.

        Returns:
            count x channels x height x width.
        """
        if self._blob is None or self.images is not self._blob or self._minus is not None:
            self._blob = self._computed()
            self.images, self._minus = self._blob, None
        return self._blob

    def parts(self) -> list[Floats]:
        """The regions of `blob` that the images fill: the whole blob, or a view for each image."""
        blob = self.blob()
        if self.canvas is None:
            return [blob]
        return [image[place] for image, place in zip(blob, self.places, strict=True)]

    @property
    def pixels(self) -> Sequence[Image] | Image:
        """The images, which must be decoded."""
        return self.images  # type: ignore[return-value]  # Decode precedes the steps that use it

    @property
    def _minus_image(self) -> Floats | None:
        """The mean image of all images; None if there is none, or only values per channel."""
        minus = self._minus
        return None if minus is None or isinstance(minus, list) or minus.shape[1:] == (1, 1) else minus

    def _computed(self) -> Floats:
        images, minus = self.pixels, self._minus
        values = minus if isinstance(minus, np.ndarray) and minus.shape[1:] == (1, 1) else None
        if self.canvas is not None:
            blob = np.zeros((len(images), len(images[0]), *self.canvas), np.float32)
        else:
            blob = np.empty((len(images), *images[0].shape), np.float32)
        if values is not None and self.canvas is None and images[0].size >= _LARGE:
            values = np.broadcast_to(values, (len(images[0]), 1, 1))
            for image, target in zip(images, blob, strict=True):
                for pixels, own, value in zip(_forwards(image), target, values, strict=True):
                    own[:] = pixels
                    np.subtract(own, value, out=own)  # finds it in the cache
            return blob
        if minus is None or values is not None:
            _place(images, self._targets(blob))
        elif isinstance(minus, np.ndarray) and self.canvas is None:
            np.subtract(images, minus, out=blob)
        else:
            means = minus if isinstance(minus, list) else [minus[place] for place in self.places]
            for image, mean, target in zip(images, means, self._targets(blob), strict=True):
                if image.strides[2] < 0:  # mirrored: reading forwards is faster
                    np.subtract(image[:, :, ::-1], mean[:, :, ::-1], out=target[:, :, ::-1])
                else:
                    np.subtract(image, mean, out=target)
        if values is not None:
            for target in self._targets(blob) if self.canvas is not None else (blob,):
                np.subtract(target, values, out=target)
        return blob

    def _targets(self, blob: Floats) -> Sequence[Floats] | Floats:
        if self.canvas is None:
            return blob
        return [image[place] for image, place in zip(blob, self.places, strict=True)]


def of_bytes(image: Image | Encoded, field: str, name: str) -> Image:
    """Check that an image is decoded and has bytes.

    Raises:
        DataError: it has other values.
    """
    assert isinstance(image, np.ndarray), "Decode must precede"
    if image.dtype != np.uint8:
        raise DataError(f"{name}: {field} works on images of bytes; this one has values of {image.dtype}")
    return image


def _fractions(window: Window, height: int, width: int) -> tuple[float, float, float, float]:
    _, rows, columns = window
    return columns.start / width, rows.start / height, columns.stop / width, rows.stop / height


def _forwards(image: Image) -> Image:
    """A mirrored image of bytes as a copy: numpy reads backwards more slowly than torch mirrors."""
    if image.strides[2] != -1 or image.dtype != np.uint8:
        return image
    mirrored: Image = torch.from_numpy(image[:, :, ::-1].copy()).flip(2).numpy()
    return mirrored


def _place(images: Sequence[Image] | Image, targets: Sequence[Floats] | Floats) -> None:
    if isinstance(images, np.ndarray) and isinstance(targets, np.ndarray):
        targets[:] = images
        return
    for image, target in zip(images, targets, strict=True):
        target[:] = image
