"""Data to import, and what was imported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from layerzoo.data.datum import parse_datums
from layerzoo.data.lmdb_records import LMDBRecords


def drawn(folder: Path) -> Path:
    """Three images in folders of two classes."""
    for name, grey in (("a/1.png", 10), ("b/2.png", 20), ("b/3.png", 30)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((4, 6, 3), grey, np.uint8)).save(folder / name)
    return folder


def read(path: Path, count: int) -> tuple[list[np.ndarray], list[float]]:
    """The images and labels of a database."""
    images, labels = parse_datums(LMDBRecords(path).read(range(count)), None, str)
    return [np.asarray(image) for image in images], labels.tolist()
