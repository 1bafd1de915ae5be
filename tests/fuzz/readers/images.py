"""Images in all formats, whole, mutated and cut."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from layerzoo.data.image import decode, read_image, resize
from layerzoo.image_file import geometry
from tests.fuzz.kinds import kind
from tests.fuzz.mutations import mutate_bytes

_FORMATS = (
    ("JPEG", "RGB", {}), ("JPEG", "L", {"quality": 30}), ("JPEG", "CMYK", {}), ("JPEG", "RGB",
    {"progressive": True}),
    ("PNG", "RGB", {}), ("PNG", "RGBA", {}), ("PNG", "P", {}), ("PNG", "1", {}), ("PNG", "I;16", {}),
    ("PNG", "LA", {}),
    ("BMP", "RGB", {}), ("BMP", "P", {}), ("GIF", "P", {}), ("GIF", "L", {}),
    ("TIFF", "RGB", {}), ("TIFF", "RGB", {"compression": "tiff_lzw"}), ("TIFF", "L",
    {"compression": "packbits"}),
    ("TIFF", "F", {}), ("TIFF", "I;16", {}), ("TIFF", "RGB", {"compression": "tiff_deflate"}),
    ("WEBP", "RGB", {}), ("WEBP", "RGBA", {"lossless": True}), ("PPM", "RGB", {}), ("PPM", "L", {}),
    ("PPM", "1", {}),
    ("TGA", "RGB", {}), ("ICO", "RGBA", {}), ("EPS", "RGB", {}), ("PCX", "RGB", {}), ("SGI", "RGB", {}),
    ("DDS", "RGB", {}),
)  # fmt: skip


@cache
def encoded() -> list[bytes]:
    """A small image in each format; the formats that Layerzoo doesn't read too."""
    pixels = np.arange(9 * 7 * 3, dtype=np.uint8).reshape(9, 7, 3)
    files = []
    for form, mode, options in _FORMATS:
        image = Image.fromarray(pixels)
        image = Image.fromarray(pixels[..., 0].astype(np.uint16)) if mode == "I;16" else image.convert(mode)
        buffer = io.BytesIO()
        image.save(buffer, form, **options)
        files.append(buffer.getvalue())
    return files


def _image(random: Random) -> bytes:
    seed = random.choice(encoded())
    choice = random.random()
    if choice < 0.1:
        return seed
    if choice < 0.25:
        return seed[: random.randrange(len(seed))]
    if choice < 0.6:  # the header, where sizes and kinds stand
        size = min(len(seed), random.choice((32, 64, 200)))
        return mutate_bytes(random, seed[:size]) + seed[size:]
    return mutate_bytes(random, seed, encoded())


@kind("image", _image, share=2)
def read_images(data: bytes, folder: Path) -> None:
    """A file is read in every mode of colour, and resized."""
    path = folder / "image.png"
    path.write_bytes(data)
    geometry(data, "the image")
    for color in (True, False):
        resize(read_image(path, color), 4, 5)
    decode(data, None, "the image")
