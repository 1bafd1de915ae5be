"""The size of an image and how EXIF turns it, without its pixels."""

from __future__ import annotations

import io

import pytest
from PIL import Image as Pillow

from layerzoo.errors import DataError
from layerzoo.image_file import decode, geometry
from layerzoo.reader import sandbox


@pytest.mark.parametrize("sandboxed", ["", "1"])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(10))
def test_geometry_is_that_of_the_decoded_image(
    form: str, orientation: int, sandboxed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(sandbox.VARIABLE, sandboxed)
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    Pillow.new("RGB", (16, 8)).save(buffer, form, exif=exif)
    data = buffer.getvalue()
    facts = geometry(data, "x")
    assert facts.upright == decode(data, True, "x").shape[1:]
    if form != "TIFF":
        assert facts == (8, 16, orientation if 1 <= orientation <= 8 else 1)


def test_geometry_of_a_damaged_image_is_an_error() -> None:
    with pytest.raises(DataError, match="x: not an image that can be decoded"):
        geometry(b"no image", "x")
