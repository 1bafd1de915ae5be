"""Images in files as samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.data.class_folders import LabelledFile
from layerzoo.data.image_files import ImageFiles
from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.errors import DataError


def drawn(folder: Path, *greys: int) -> ImageFiles:
    files = []
    for number, grey in enumerate(greys):
        path = folder / f"{number}.png"
        Image.fromarray(np.full((2, 3), grey, np.uint8)).save(path)
        files.append(LabelledFile(path, f"c/{number}.png", number % 2))
    return ImageFiles(files, Pipeline(Decode(False)))


def test_read_gives_images_and_labels(tmp_path: Path) -> None:
    images, labels = drawn(tmp_path, 10, 20, 30).read(np.array([2, 1]), np.arange(2), 0)
    assert images.shape == (2, 1, 2, 3)
    assert images[:, 0, 0, 0].tolist() == [30, 20]
    assert labels.tolist() == [0, 1]
    assert labels.dtype == np.float32


def test_samples_have_keys_names_and_labels(tmp_path: Path) -> None:
    samples = drawn(tmp_path, 10, 20, 30)
    assert samples.key_of(1) == "c/1.png"
    assert samples.name(1) == str(tmp_path / "1.png")
    assert samples.labels().tolist() == [0, 1, 0]


def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    samples = drawn(tmp_path, 10, 20)
    (tmp_path / "1.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"1.png: not an image that can be decoded"):
        samples.read(np.array([0, 1]), np.arange(2), 0)
