"""Decode image files of known formats, with limits, by simplejpeg, OpenCV or Pillow.

Images come from strangers. A decoder runs only for a format in `FORMATS`, which is recognised by the first
bytes of the data: some of Pillow's other formats start programs, as PostScript starts Ghostscript. The size
that the header declares is checked before pixels are decoded, and whatever a decoder raises becomes a
`DataError`.

Faster decoders are used where they are installed: simplejpeg (extra ``jpeg``) for JPEGs that are whole,
OpenCV (extra ``opencv``) for the rest. Pixels and errors are the same with simplejpeg as without. Needs no
torch.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from layerzoo import regular_file
from layerzoo.errors import DataError, LayerzooError
from layerzoo.reader import images as sandbox_images
from layerzoo.reader import sandbox

Pixels = NDArray[np.uint8]

FORMATS: Final = "JPEG, PNG, BMP, GIF, TIFF, WebP, PPM, PGM or PBM"
"""The formats that are decoded, for messages."""

MAX_PIXELS: Final = 2**28 // 3
"""The most pixels of an image, 89 million: a quarter of a gigabyte in colour. It is Pillow's limit too."""
MAX_PIXELS_PER_BYTE: Final = 2048
"""The most pixels per byte of a file that declares more than `_FREE_PIXELS`.

Images of one colour reach about 340 in PNG. A header alone can declare `MAX_PIXELS`, and a batch holds many
images.
"""
MAX_FILE: Final = 1 << 30
"""The largest image file in bytes."""
_FREE_PIXELS: Final = 1 << 22

_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"BM", "BMP"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    *((start, "TIFF") for start in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    *((b"P%d%c" % (kind, space), "PPM") for kind in range(1, 7) for space in b" \t\r\n#"),
)
"""First bytes and Pillow's name of each format but WebP."""
_JPEG_SPACES: Final = ("RGB", "YCbCr", "Gray")
"""simplejpeg's names of the colour spaces whose pixels are the same by all decoders."""
_ORIENTATION: Final = 0x0112
"""The tag of EXIF's orientation."""
_IGNORED_WARNINGS: Final = r"PIL\."


def format_of(data: bytes) -> str | None:
    """Pillow's name of the format of an image, found by its first bytes; None for any other data."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return next((name for start, name in _SIGNATURES if data.startswith(start)), None)


def read_file(path: str | Path, name: str | None = None) -> bytes:
    """Read the bytes of an image file.

    Args:
        path: the file.
        name: its name in messages; None for the path.

    Raises:
        DataError: the file can't be read, is not a regular file, or larger than `MAX_FILE`.
    """
    name = str(path) if name is None else name
    try:
        data = regular_file.read_bytes(path, MAX_FILE + 1)
    except OSError as error:
        raise DataError(f"{name}: {error.strerror or error}") from None
    if len(data) > MAX_FILE:
        raise DataError(f"{name}: more than {MAX_FILE:,} bytes; expected an image of at most that")
    return data


def decode(data: bytes, color: bool | None, name: str) -> Pixels:
    """Decode an image to channels (BGR) x height x width; of several frames, the first.

    Args:
        data: the bytes of a file in one of `FORMATS`.
        color: True gives 3 channels, False 1, None as many as the image has.
        name: name of the image in error messages.

    Raises:
        DataError: the data is not an image that can be decoded, its size exceeds the limits, or ``color`` is
            None and it has more than 8 bits per channel.
    """
    if sandbox.is_on():
        return sandbox_images.decode(data, color, name)
    with open_image(data, name) as opened:
        if (known := _by_simplejpeg(data, opened, color)) is not None:
            pixels: Pixels | None = known
        elif opencv() and opened.format != "GIF":  # OpenCV reads GIF from 4.11 on
            pixels = _by_opencv(data, color)
        else:
            pixels = _by_pillow(opened, color, name)
    if pixels is None:
        raise _not_decodable(data, name, "it is damaged")
    if pixels.dtype != np.uint8:
        raise DataError(f"{name}: {pixels.dtype} values; expected 8 bits per channel")
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


class Geometry(NamedTuple):
    """The size of an image in pixels, as it is stored, and how it is turned when it is shown.

    Attributes:
        height, width: the size before it is turned.
        orientation: EXIF's, from 1 (not turned) to 8.
    """

    height: int
    width: int
    orientation: int

    @property
    def upright(self) -> tuple[int, int]:
        """Height and width of the image that `decode` returns with ``color`` given."""
        return (self.width, self.height) if self.orientation > 4 else (self.height, self.width)


def geometry(data: bytes, name: str) -> Geometry:
    """Read the size and the orientation of an image from its header.

    Raises:
        DataError: see `open_image`.
    """
    if sandbox.is_on():
        return Geometry(*sandbox_images.geometry(data, name))
    with open_image(data, name) as opened:
        # Pillow gives the size of an upright TIFF
        orientation = 1 if opened.format == "TIFF" else _orientation(opened)
        return Geometry(opened.height, opened.width, orientation)


@contextmanager
def open_image(data: bytes, name: str) -> Iterator[Any]:
    """Open an image by Pillow, with its format and size checked and its pixels not decoded yet.

    Whatever Pillow raises in the block becomes a `DataError`; its warnings are ignored.

    Raises:
        DataError: the data is not in one of `FORMATS`, is damaged, or its size exceeds the limits.
    """
    if sandbox.is_on():
        yield _pillow().fromarray(sandbox_images.opened(data, name))
        return
    kind = format_of(data)
    if kind is None:
        raise _not_decodable(data, name, f"expected {FORMATS}, which the content decides, not the name")
    pillow = _pillow()
    _ignore_warnings()
    try:
        with pillow.open(io.BytesIO(data), formats=(kind,)) as opened:
            _check_size(opened.width, opened.height, data, name)
            yield opened
    except LayerzooError:
        raise
    except pillow.DecompressionBombError as error:
        raise DataError(f"{name}: {error}") from None
    except pillow.UnidentifiedImageError:
        raise _not_decodable(data, name, f"a {kind} whose header is damaged") from None
    except Exception as error:  # decoders raise whatever the bytes lead to: struct.error, IndexError, ...
        reason = str(error) if isinstance(error, OSError | ValueError) else type(error).__name__
        raise _not_decodable(data, name, f"a damaged {kind}: {reason:.200}") from None


@cache
def opencv() -> Any:
    """The module ``cv2``; None if it is not installed."""
    # OpenCV reads both when it is imported. The first is a second line behind the check of the header, which
    # is Pillow's reading of it
    os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PIXELS))
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    try:
        import cv2
    except ImportError:
        return None
    return cv2


@cache
def simplejpeg() -> Any:
    """The module ``simplejpeg``; None if it is not installed."""
    try:
        import simplejpeg as module
    except ImportError:
        return None
    return module


@cache
def _pillow() -> Any:
    """The module ``PIL.Image``, with the plugins of `FORMATS` loaded."""
    from PIL import (  # noqa: F401
        BmpImagePlugin,
        GifImagePlugin,
        Image,
        JpegImagePlugin,
        PngImagePlugin,
        PpmImagePlugin,
        TiffImagePlugin,
        WebPImagePlugin,
    )

    return Image


def _ignore_warnings() -> None:
    """Ignore the warnings of Pillow's modules.

    ``warnings.catch_warnings`` can't be used: it changes all threads, and images are decoded in several.
    """
    first = warnings.filters[0][3] if warnings.filters else None  # one before it would take precedence
    if getattr(first, "pattern", None) != _IGNORED_WARNINGS:
        warnings.filterwarnings("ignore", module=_IGNORED_WARNINGS)


def _check_size(width: int, height: int, data: bytes, name: str) -> None:
    pixels = width * height
    size = f"{width:,} x {height:,} pixels (width x height)"
    if pixels < 1:
        raise _not_decodable(data, name, size)
    if pixels > MAX_PIXELS:
        raise DataError(f"{name}: {size}; at most {MAX_PIXELS:,} pixels are decoded; scale it down")
    if pixels > max(_FREE_PIXELS, MAX_PIXELS_PER_BYTE * len(data)):
        raise DataError(f"{name}: declares {size}, but has {len(data):,} bytes; it is damaged or malicious")


def _by_simplejpeg(data: bytes, opened: Any, color: bool | None) -> Pixels | None:
    """Decode a JPEG in grey, RGB or YCbCr without any damage; None for other images."""
    module = simplejpeg()
    if module is None or opened.mode not in {"RGB", "L"} or format_of(data) != "JPEG":
        return None
    grey = color is False or opened.mode == "L"
    try:
        height, width, space, _ = module.decode_jpeg_header(data)
        if (width, height) != opened.size or space not in _JPEG_SPACES:  # only what Pillow has checked
            return None
        pixels: Pixels = module.decode_jpeg(data, "GRAY" if grey else "BGR", strict=True)
    except Exception:  # also for damage that others repair
        return None
    if grey:
        pixels = np.repeat(pixels, 3, axis=2) if color else pixels[..., 0]
    return pixels if color is None else _upright(pixels, opened)


def _by_opencv(data: bytes, color: bool | None) -> Pixels | None:
    cv2 = opencv()
    flag = {True: cv2.IMREAD_COLOR, False: cv2.IMREAD_GRAYSCALE, None: cv2.IMREAD_UNCHANGED}[color]
    try:
        pixels: Pixels | None = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    except cv2.error:
        return None
    return pixels


def _by_pillow(opened: Any, color: bool | None, name: str) -> Pixels:
    if color is False:
        opened.draft("L", None)  # the JPEG's luma channel, as OpenCV takes it
    elif color is None and opened.mode.startswith(("I", "F")):
        raise DataError(f"{name}: more than 8 bits per channel; expected 8")
    opened.load()
    pixels = _bgr(opened, color)
    return pixels if color is None else _upright(pixels, opened)


def _upright(pixels: Pixels, image: Any) -> Pixels:
    """Pixels turned by the EXIF orientation of the image that they are of.

    As by OpenCV, which doesn't with IMREAD_UNCHANGED.
    """
    orientation = _orientation(image)
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels[:, ::-1] if orientation in (2, 3, 6, 7) else pixels


def _orientation(image: Any) -> int:
    """EXIF's orientation, 1 to 8; damaged EXIF data is ignored, as by OpenCV."""
    try:
        orientation = image.getexif().get(_ORIENTATION)
    except Exception:
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def _bgr(image: Any, color: bool | None) -> Pixels:
    if image.mode.startswith("I"):
        wide = np.asarray(image) >> 8
        grey = np.clip(wide, 0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2) if color else grey
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")  # straight to other modes Pillow warns; the pixels are the same
    if color is False or (color is None and image.mode in {"1", "L"}):
        return np.asarray(image.convert("L"))
    alpha = color is None and (image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info)
    pixels = np.asarray(image.convert("RGBA" if alpha else "RGB"))
    return pixels[..., [2, 1, 0, 3]] if alpha else pixels[..., ::-1]


def _not_decodable(data: bytes, name: str, why: str) -> DataError:
    return DataError(f"{name}: not an image that can be decoded ({len(data):,} bytes): {why}")
