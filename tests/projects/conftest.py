"""Data to start projects from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.projects.asked import CLASSIFICATION
from layerzoo.projects.data_description import DataDescription, Images


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Colour images of 40 x 30 pixels in the folders cat (30) and dog (90)."""
    rng = np.random.default_rng(1)
    for name, count in (("cat", 30), ("dog", 90)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 255, (30, 40, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


@pytest.fixture
def description(photos: Path) -> DataDescription:
    """What a recogniser says of `photos`."""
    return DataDescription(
        what="photos",
        task=CLASSIFICATION,
        layer="FolderData",
        fields={"source": str(photos)},
        counts={"train": 80, "val": 20, "test": 20},
        classes={"cat": 30, "dog": 90},
        images=Images(30, 40, 3),
        shares=(0.2, 0.2),
    )
