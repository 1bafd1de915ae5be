"""Images as Pillow's pictures, to draw on; decoded by the one reader of image files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from layerzoo.image_file import decode, read_file

if TYPE_CHECKING:
    from PIL import Image


def open_picture(image: str | Path | bytes | NDArray[np.uint8]) -> Image.Image:
    """A file, its bytes, or pixels (height x width, or x 3 RGB) as a picture in RGB.

    Raises:
        DataError: it is not an image.
    """
    from PIL import Image

    if isinstance(image, np.ndarray):
        return Image.fromarray(image).convert("RGB")
    data, name = (image, "the image") if isinstance(image, bytes) else (read_file(image), str(image))
    return Image.fromarray(np.ascontiguousarray(decode(data, True, name)[::-1].transpose(1, 2, 0)))
