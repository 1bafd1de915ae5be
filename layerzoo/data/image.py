"""Decode, encode and resize images with OpenCV's results.

Uses OpenCV if it is installed (extra ``opencv``), which is about twice as fast, otherwise Pillow. Images are
channels x height x width, uint8, with the channels in OpenCV's order: blue, green, red.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from layerzoo.data.samples import Image
from layerzoo.errors import DataError

_JPEG_QUALITY = 95
_ONE = 2048
"""1 in OpenCV's fixed-point format of bilinear weights."""


class Encoded(NamedTuple):
    """An image that isn't decoded yet.

    Attributes:
        data: JPEG, PNG, or another format that the decoder supports.
    """

    data: bytes


def read_image(path: str | Path, color: bool | None) -> Image:
    """Read and decode an image file, see `decode`.

    Raises:
        DataError: the file is missing or not an image.
    """
    return decode(read_bytes(path), color, str(path))


def read_bytes(path: str | Path) -> bytes:
    """Read a file.

    Raises:
        DataError: the file can't be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None


def decode(data: bytes, color: bool | None, name: str) -> Image:
    """Decode an image to channels x height x width.

    Args:
        data: JPEG, PNG, or another format that the decoder supports.
        color: True gives 3 channels, False 1, None as many as the image has.
        name: name of the image in error messages.

    Raises:
        DataError: the data is not an image, or ``color`` is None and it has more than 8 bits per channel.
    """
    pixels = _decode_by_opencv(data, color) if _opencv() else _decode_by_pillow(data, color, name)
    if pixels is None:
        raise DataError(f"{name}: not an image that can be decoded ({len(data)} bytes)")
    if pixels.dtype != np.uint8:
        raise DataError(f"{name}: {pixels.dtype} values; expected 8 bits per channel")
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def image_size(path: str | Path) -> tuple[int, int]:
    """Height and width of an image file, as `decode` returns it with ``color`` given.

    Raises:
        DataError: the file is missing or not an image.
    """
    height, width = read_image(path, False).shape[1:]
    return height, width


def resize(image: Image, height: int, width: int) -> Image:
    """Resize an image bilinearly between the four nearest pixels, without antialiasing."""
    if image.shape[1:] == (height, width):
        return image
    pixels = image.transpose(1, 2, 0)
    cv2 = _opencv()
    if cv2:
        resized = cv2.resize(np.ascontiguousarray(pixels), (width, height), interpolation=cv2.INTER_LINEAR)
    else:
        resized = _resize_by_numpy(pixels, height, width)
    chw: Image = resized[None] if resized.ndim == 2 else resized.transpose(2, 0, 1)
    return chw


def encode(image: Image, kind: str, name: str) -> bytes:
    """Encode an image with OpenCV's default settings (JPEG quality 95).

    Args:
        image: uint8, 1 or 3 channels.
        kind: format, as a file suffix without its dot: ``jpg``, ``png`` …
        name: name of the image in error messages.

    Raises:
        DataError: the format is unknown or can't hold the image.
    """
    pixels = np.ascontiguousarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0))
    data = _encode_by_opencv(pixels, kind) if _opencv() else _encode_by_pillow(pixels, kind)
    if data is None:
        raise DataError(f"{name}: can't be encoded as '{kind}'; use jpg or png")
    return data


@cache
def _opencv() -> Any:
    try:
        import cv2
    except ImportError:
        return None
    return cv2


def _decode_by_opencv(data: bytes, color: bool | None) -> Image | None:
    cv2 = _opencv()
    flag = {True: cv2.IMREAD_COLOR, False: cv2.IMREAD_GRAYSCALE, None: cv2.IMREAD_UNCHANGED}[color]
    try:
        pixels: Image | None = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    except cv2.error:
        return None
    return pixels


def _decode_by_pillow(data: bytes, color: bool | None, name: str) -> Image | None:
    from PIL import Image as Pillow
    from PIL import ImageOps

    try:
        with Pillow.open(io.BytesIO(data)) as opened:
            if color is False:
                opened.draft("L", None)  # the JPEG's luma channel, as OpenCV takes it
            elif color is None and opened.mode.startswith(("I", "F")):
                raise DataError(f"{name}: more than 8 bits per channel; expected 8")
            # OpenCV applies the EXIF orientation, except with IMREAD_UNCHANGED
            image = opened if color is None else ImageOps.exif_transpose(opened)
            return _bgr(image, color)
    except (OSError, ValueError, SyntaxError, EOFError, Pillow.DecompressionBombError):
        return None


def _encode_by_opencv(pixels: Image, kind: str) -> bytes | None:
    cv2 = _opencv()
    try:
        encoded, data = cv2.imencode(f".{kind}", pixels)
    except cv2.error:
        return None
    return bytes(data) if encoded else None


def _encode_by_pillow(pixels: Image, kind: str) -> bytes | None:
    from PIL import Image as Pillow

    file_format = Pillow.registered_extensions().get(f".{kind}")
    if file_format is None:
        return None
    target = io.BytesIO()
    try:
        Pillow.fromarray(pixels[..., ::-1] if pixels.ndim == 3 else pixels).save(
            target, file_format, **({"quality": _JPEG_QUALITY} if file_format == "JPEG" else {})
        )
    except (OSError, ValueError, KeyError):
        return None
    return target.getvalue()


def _bgr(image: Any, color: bool | None) -> Image:
    if image.mode.startswith("I"):
        wide = np.asarray(image) >> 8
        grey = np.clip(wide, 0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2) if color else grey
    if color is False or (color is None and image.mode in {"1", "L"}):
        return np.asarray(image.convert("L"))
    alpha = color is None and (image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info)
    pixels = np.asarray(image.convert("RGBA" if alpha else "RGB"))
    return pixels[..., [2, 1, 0, 3]] if alpha else pixels[..., ::-1]


def _resize_by_numpy(pixels: Image, height: int, width: int) -> Image:
    top, bottom, down = _neighbours(pixels.shape[0], height)
    left, right, across = _neighbours(pixels.shape[1], width)
    across = across[:, None]
    rows = pixels[:, left] * (_ONE - across) + pixels[:, right] * across
    down = down[:, None, None]
    upper, lower = rows[top] >> 4, rows[bottom] >> 4
    mixed: Image = ((((_ONE - down) * upper) >> 16) + ((down * lower) >> 16) + 2) >> 2
    return mixed.astype(np.uint8)


def _neighbours(old: int, new: int) -> tuple[Image, Image, Image]:
    """For each new pixel along an axis: its two old neighbours, and the weight of the second."""
    centre = (np.arange(new) + 0.5) * (old / new) - 0.5
    first = np.floor(centre).astype(np.int32)
    weight = np.rint((centre - first) * _ONE).astype(np.int32)
    weight[(first < 0) | (first >= old - 1)] = 0
    first = first.clip(0, old - 1)
    return first, (first + 1).clip(max=old - 1), weight
