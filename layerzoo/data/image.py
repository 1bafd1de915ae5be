"""Decode, encode and resize images with OpenCV's results.

Uses OpenCV if it is installed (extra ``opencv``), otherwise Pillow. Images are channels x height x width,
uint8, with the channels in OpenCV's order: blue, green, red. `layerzoo.image_file` decodes.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np

from layerzoo import image_file
from layerzoo.data.samples import Image
from layerzoo.errors import DataError
from layerzoo.image_file import decode, read_file

_JPEG_QUALITY = 95
_ONE = 2048
"""1 in OpenCV's fixed-point format of bilinear weights."""
_FORMATS = {
    **dict.fromkeys(("jpg", "jpeg", "jpe"), "JPEG"),
    **dict.fromkeys(("tif", "tiff"), "TIFF"),
    **dict.fromkeys(("ppm", "pgm", "pbm", "pnm"), "PPM"),
    **{kind: kind.upper() for kind in ("png", "bmp", "gif", "webp")},
}
"""Pillow's name of the format of each suffix."""


class Encoded:
    """An image that isn't decoded yet.

    Args:
        data: the bytes of a file in one of `layerzoo.image_file.FORMATS`, or a function that reads them when
            they are needed.
    """

    __slots__ = ("_data",)

    def __init__(self, data: bytes | Callable[[], bytes]) -> None:
        self._data = data

    @property
    def data(self) -> bytes:
        """The bytes.

        Raises:
            DataError: they can't be read.
        """
        return self._data if isinstance(self._data, bytes) else self._data()


def read_image(path: str | Path, color: bool | None, name: str | None = None) -> Image:
    """Read and decode an image file, see `layerzoo.image_file.decode`; ``name`` is for messages.

    Raises:
        DataError: the file is missing or not an image.
    """
    name = str(path) if name is None else name
    return decode(read_file(path, name), color, name)


def resize(image: Image, height: int, width: int) -> Image:
    """Resize an image of bytes bilinearly between the four nearest pixels, without antialiasing.

    `layerzoo.data.interpolation.interpolate` resizes images of other values.

    Raises:
        TypeError: the image isn't of bytes.
    """
    if image.dtype != np.uint8:
        raise TypeError(f"an image of {image.dtype}; expected uint8")
    if image.shape[1:] == (height, width):
        return image
    pixels = image.transpose(1, 2, 0)
    cv2 = image_file.opencv()
    if cv2:
        resized = cv2.resize(np.ascontiguousarray(pixels), (width, height), interpolation=cv2.INTER_LINEAR)
    else:
        resized = _resize_by_numpy(pixels, height, width)
    chw: Image = resized[None] if resized.ndim == 2 else resized.transpose(2, 0, 1)
    return chw


def encode(image: Image, kind: str, name: str, quality: int = _JPEG_QUALITY) -> bytes:
    """Encode an image with OpenCV's default settings.

    Args:
        image: uint8, 1 or 3 channels.
        kind: format, as a file suffix without its dot: ``jpg``, ``png`` …
        name: name of the image in error messages.
        quality: of a JPEG, 0 to 100.

    Raises:
        DataError: the format is unknown or can't hold the image.
    """
    pixels = np.ascontiguousarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0))
    kind = kind.lower()
    if kind not in _FORMATS:
        raise DataError(f"{name}: can't be encoded as '{kind}'; use jpg or png")
    data = (
        _encode_by_opencv(pixels, kind, quality)
        if image_file.opencv()
        else _encode_by_pillow(pixels, kind, quality)
    )
    if data is None:
        raise DataError(f"{name}: can't be encoded as '{kind}'; use jpg or png")
    return data


def _encode_by_opencv(pixels: Image, kind: str, quality: int) -> bytes | None:
    cv2 = image_file.opencv()
    try:
        settings = [cv2.IMWRITE_JPEG_QUALITY, quality] if _FORMATS[kind] == "JPEG" else []
        encoded, data = cv2.imencode(f".{kind}", pixels, settings)
    except cv2.error:
        return None
    return bytes(data) if encoded else None


def _encode_by_pillow(pixels: Image, kind: str, quality: int) -> bytes | None:
    from PIL import Image as Pillow

    file_format = _FORMATS[kind]
    target = io.BytesIO()
    try:
        Pillow.fromarray(pixels[..., ::-1] if pixels.ndim == 3 else pixels).save(
            target, file_format, **({"quality": quality} if file_format == "JPEG" else {})
        )
    except (OSError, ValueError, KeyError):
        return None
    return target.getvalue()


def _resize_by_numpy(pixels: Image, height: int, width: int) -> Image:
    """Resize height x width x channels, with OpenCV's integers: 11 bits of weights, rounded after 4 and 18.

    Only rows that are needed are mixed, all channels of a row at once, and in place. Within a row
    (left * 2048 + (right - left) * weight) >> 4 is computed in parts of 16 bits.
    """
    top, bottom, down = _neighbours(pixels.shape[0], height)
    left, right, across = _neighbours(pixels.shape[1], width)
    needed = np.zeros(len(pixels), bool)
    needed[top] = needed[bottom] = True
    place = needed.cumsum() - 1
    channels = pixels.shape[2]
    rows = np.ascontiguousarray(pixels if needed.all() else pixels[needed]).reshape(place[-1] + 1, -1)
    inside = np.arange(channels)
    mixed, other = (
        rows.take((column[:, None] * channels + inside).ravel(), axis=1, mode="clip").astype(np.int16)
        for column in (left, right)
    )
    weight = across.astype(np.int16).repeat(channels)
    other -= mixed
    low = other * (weight & 15)
    low >>= 4
    other *= weight >> 4
    mixed <<= 7
    mixed += low
    mixed += other
    upper, lower = (mixed.take(place[row], axis=0).astype(np.int32) for row in (top, bottom))
    upper *= (_ONE - down)[:, None]
    upper >>= 16
    lower *= down[:, None]
    lower >>= 16
    upper += lower
    upper += 2
    upper >>= 2
    resized: Image = upper.astype(np.uint8).reshape(height, width, channels)
    return resized


def _neighbours(old: int, new: int) -> tuple[Image, Image, Image]:
    """For each new pixel along an axis: its two old neighbours, and the weight of the second."""
    centre = (np.arange(new) + 0.5) * (old / new) - 0.5
    first = np.floor(centre).astype(np.int32)
    weight = np.rint((centre - first) * _ONE).astype(np.int32)
    weight[(first < 0) | (first >= old - 1)] = 0
    first = first.clip(0, old - 1)
    return first, (first + 1).clip(max=old - 1), weight
