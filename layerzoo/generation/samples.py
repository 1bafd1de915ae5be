"""Draw samples from a net that generates them, and write them as pictures or numbers."""

from __future__ import annotations

from math import ceil, sqrt
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from layerzoo.data.samples import Floats
from layerzoo.errors import ZooError
from layerzoo.zoo.open_generating import GeneratingNet
from layerzoo.zoo.preprocessing import Preprocessing

Pixels = NDArray[np.uint8]
"""Images: count x height x width x channels, RGB or grey."""

_GAP: Final = 2
_SMALLEST: Final = 56
"""Images with smaller sides are enlarged, each pixel to a square."""
_BACKGROUND: Final = 255


def draw_samples(generating: GeneratingNet, count: int, axis: int = 0) -> Floats:
    """Samples of the only blob that a net generates, each pass with random numbers of its own.

    Args:
        generating: the net.
        count: number of samples.
        axis: the axis of the blob that counts samples, e.g. 1 where time comes first.

    Raises:
        ZooError: it generates several blobs or none, or its blob has no such axis.
    """
    net, blobs = generating.net, generating.blobs
    if len(blobs) != 1:
        raise ZooError(f"{generating.name} generates {', '.join(blobs) or 'nothing'}; name one blob by -blob")
    if net.inputs:
        raise ZooError(
            f"{generating.name} generates from the input '{net.inputs[0]}'; a DummyData layer in the stage "
            "'generate' gives a blob in its place"
        )
    made: list[Floats] = []
    drawn = number = 0
    with torch.no_grad():
        while drawn < count:
            net.clock.batch = number
            batch = net()[blobs[0]].float().cpu()
            if batch.dim() <= axis:
                raise ZooError(f"blob '{blobs[0]}' of shape {tuple(batch.shape)} has no axis {axis}")
            made.append(batch.movedim(axis, 0).numpy())
            drawn += len(made[-1])
            number += 1
    found: Floats = np.concatenate(made)[:count]
    return found


def are_images(samples: Floats) -> bool:
    """Whether samples have the shape of grey or coloured images."""
    return samples.ndim == 4 and samples.shape[1] in {1, 3}


def as_pixels(samples: Floats, how: Preprocessing | None) -> Pixels:
    """The images that samples show.

    Args:
        samples: count x channels x height x width.
        how: the preprocessing of images that trained the net; without it the least and the greatest value
            become black and white.
    """
    if how is not None and how.channels == samples.shape[1]:
        return how.pixels(samples)
    low, high = float(samples.min()), float(samples.max())
    levels: Pixels = np.rint((samples - low) / max(high - low, 1e-12) * 255).astype(np.uint8)
    return levels.transpose(0, 2, 3, 1)


def as_image(pixels: NDArray[np.uint8]) -> Image.Image:
    """One image: height x width x channels."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else np.ascontiguousarray(pixels))


def grid(pixels: Pixels) -> Image.Image:
    """All images in rows, in a picture about as wide as high."""
    count, height, width, channels = pixels.shape
    columns = ceil(sqrt(count * height / width)) if count else 1
    rows = ceil(count / columns)
    times = max(1, ceil(_SMALLEST / min(height, width)))
    pixels = pixels.repeat(times, 1).repeat(times, 2)
    down, right = height * times + _GAP, width * times + _GAP
    sheet = np.full((rows * down + _GAP, columns * right + _GAP, channels), _BACKGROUND, np.uint8)
    for place, image in enumerate(pixels):
        top, left = place // columns * down + _GAP, place % columns * right + _GAP
        sheet[top : top + down - _GAP, left : left + right - _GAP] = image
    return as_image(sheet)
