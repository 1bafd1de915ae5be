"""Pictures that users bring: checked, and shown as PNGs of a bounded size. No torch is needed for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from layerzoo.atomic import atomic_path
from layerzoo.data.picture import open_picture
from layerzoo.errors import DataError
from layerzoo.image_file import FORMATS, format_of, geometry, read_file

MAX_PIXELS: Final = 50_000_000
_SMALL: Final = 160


def check(file: str) -> dict[str, Any]:
    """Check that a file is a picture of a bounded size.

    Raises:
        DataError: it isn't.
    """
    data = read_file(file, "the picture")
    if format_of(data) is None:
        raise DataError(f"this is no picture; expected {FORMATS}")
    height, width = geometry(data, "the picture").upright
    if width * height > MAX_PIXELS:
        raise DataError(f"the picture has {width:,} x {height:,} pixels; at most {MAX_PIXELS:,} are taken")
    open_picture(data)
    return {"width": width, "height": height}


def preview(file: str, side: int, out: str) -> dict[str, Any]:
    """Write a picture as a PNG whose longer side has at most ``side`` pixels; small ones are enlarged.

    Raises:
        DataError: it is no picture.
    """
    check(file)
    picture = open_picture(file)
    width, height = picture.size
    scale = side / max(width, height)
    if scale < 1:
        picture = picture.resize((max(1, round(width * scale)), max(1, round(height * scale))))
    elif max(width, height) < _SMALL:
        factor = max(1, min(side, _SMALL * 2) // max(width, height))
        picture = picture.resize((width * factor, height * factor), 0)
    with atomic_path(Path(out)) as path:
        picture.save(path, "PNG")
    return {"width": width, "height": height}
