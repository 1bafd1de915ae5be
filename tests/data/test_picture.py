"""Images as Pillow's pictures."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.data.picture import open_picture
from layerzoo.errors import DataError


def test_file_bytes_and_pixels_give_the_same_picture(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    for image in (tmp_path / "a.png", str(tmp_path / "a.png"), (tmp_path / "a.png").read_bytes(), pixels):
        picture = open_picture(image)
        assert picture.mode == "RGB"
        assert (np.asarray(picture) == pixels).all()


def test_grey_becomes_rgb() -> None:
    data = io.BytesIO()
    Image.new("L", (2, 3), 77).save(data, "PNG")
    assert np.asarray(open_picture(data.getvalue())).tolist() == [[[77] * 3] * 2] * 3


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(DataError, match="the image"):
        open_picture(b"no image")
