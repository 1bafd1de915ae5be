"""The base class of layers that read image files."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format
from PIL import Image

from layerzoo.data.image_source import ImageSource
from layerzoo.errors import LayerFault
from layerzoo.schema import LayerParameter


def shape(folder: Path, transform: str) -> tuple[int, ...]:
    Image.new("L", (30, 20)).save(folder / "a.png")
    param = text_format.Parse(f"transform_param {{ {transform} }}", LayerParameter())
    return ImageSource.image_shape(param, folder / "a.png")


def test_image_shape_is_that_of_transformed_images(tmp_path: Path) -> None:
    assert shape(tmp_path, "") == (3, 20, 30)
    assert shape(tmp_path, "force_gray: true crop_size: 7") == (1, 7, 7)
    assert shape(tmp_path, "resize_param { height: 8 width: 9 }") == (3, 8, 9)


def test_a_crop_larger_than_the_image_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(LayerFault, match="crop_size 40 exceeds images of 3 x 20 x 30"):
        shape(tmp_path, "crop_size: 40")
