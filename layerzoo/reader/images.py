"""Images that are decoded in the sandbox."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from layerzoo.errors import DataError
from layerzoo.reader.arrays import unpacked
from layerzoo.reader.protocol import ProtocolError
from layerzoo.reader.sandbox import SharedReader

_MODES = {(2, "uint8"), (2, "int32"), (3, "uint8")}
_MAX_BYTES = 1 << 30
_CHANNELS = (1, 2, 3, 4)
_READER = SharedReader("image")


def decode(data: bytes, color: bool | None, name: str) -> NDArray[np.uint8]:
    """Decode an image, see `layerzoo.image_file.decode`.

    Raises:
        DataError: the image can't be decoded, or kills the process that decodes it.
    """
    values: dict[str, Any] = {"color": color, "name": name}
    answer = _READER.call("decode", values, [data], _MAX_BYTES, name, DataError)
    channels = _CHANNELS if color is None else (3,) if color else (1,)
    try:
        pixels = unpacked(answer.head, answer.parts)
    except ProtocolError:
        raise _READER.invalid(name, DataError) from None
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[0] not in channels or not pixels.size:
        raise _READER.invalid(name, DataError)
    return pixels


def geometry(data: bytes, name: str) -> tuple[int, int, int]:
    """Height, width and EXIF's orientation, see `layerzoo.image_file.geometry`.

    Raises:
        DataError: see `decode`.
    """
    answer = _READER.call("measure", {"name": name}, [data], 0, name, DataError)
    match answer.head.get("geometry"):
        case [int(height), int(width), int(orientation)]:
            if 0 < height * width <= _MAX_BYTES and height > 0 and 1 <= orientation <= 8:
                return height, width, orientation
    raise _READER.invalid(name, DataError)


def opened(data: bytes, name: str, indices: bool = False) -> NDArray[Any]:
    """Decode an image as Pillow sees it: height x width of uint8 or (more bits) int32, or in RGB.

    Args:
        data: the image.
        name: its name in messages.
        indices: whether an image with a palette gives its indices, in place of its colours.

    Raises:
        DataError: see `decode`.
    """
    answer = _READER.call("open", {"name": name, "indices": indices}, [data], _MAX_BYTES, name, DataError)
    try:
        pixels = unpacked(answer.head, answer.parts)
    except ProtocolError:
        raise _READER.invalid(name, DataError) from None
    if (
        (pixels.ndim, pixels.dtype.name) not in _MODES
        or not pixels.size
        or pixels.shape[2:] not in ((), (3,))
    ):
        raise _READER.invalid(name, DataError)
    return pixels
