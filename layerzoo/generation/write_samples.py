"""Write generated samples: a grid of images, a folder of images, or numbers."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from layerzoo.atomic import write_atomic
from layerzoo.data.samples import Floats
from layerzoo.errors import UsageError
from layerzoo.generation.samples import are_images, as_image, as_pixels, grid
from layerzoo.zoo.preprocessing import Preprocessing


def write_samples(samples: Floats, how: Preprocessing | None, path: Path) -> None:
    """Write samples in the form that a path's suffix names.

    Args:
        samples: count x the shape of one.
        how: the preprocessing of images that trained the net; None if there is none.
        path: ``.png`` for all images in a grid, no suffix for a folder with a file for each image, ``.npy``
            for an array, ``.csv`` for a row of numbers for each sample.

    Raises:
        UsageError: the suffix is another one, or the samples aren't images.
        OSError: it can't be written.
    """
    suffix = path.suffix.lower()
    if suffix == ".npy":
        write_atomic(path, _array(samples))
    elif suffix == ".csv":
        write_atomic(path, _rows(samples))
    elif suffix not in {".png", ""} and not path.is_dir():
        raise UsageError(f"{path}: expected a .png, a folder, .npy or .csv")
    elif not are_images(samples):
        raise UsageError(f"{path}: samples of shape {samples.shape[1:]} aren't images; give .npy or .csv")
    elif suffix == ".png":
        write_atomic(path, _png(grid(as_pixels(samples, how))))
    else:
        path.mkdir(parents=True, exist_ok=True)
        digits = len(str(len(samples) - 1))
        for number, image in enumerate(as_pixels(samples, how)):
            write_atomic(path / f"{number:0{digits}}.png", _png(as_image(image)))


def _png(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def _array(samples: Floats) -> bytes:
    data = io.BytesIO()
    np.save(data, samples)
    return data.getvalue()


def _rows(samples: Floats) -> str:
    rows = samples.reshape(len(samples), -1)
    return "".join(",".join(f"{value:.7g}" for value in row) + "\n" for row in rows.tolist())
