"""LMDBs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.data import write_datums
from layerzoo.errors import DataError
from layerzoo.projects.asked import Asked
from layerzoo.projects.recognisers.databases import Databases


def test_lmdb_has_images_and_classes(tmp_path: Path) -> None:
    images = np.zeros((90, 3, 20, 24), np.uint8)
    write_datums(tmp_path / "db", images, np.arange(90) % 3)
    found = Databases.recognise(tmp_path / "db", Asked())
    assert found is not None
    assert (found.layer, found.classes, found.total) == ("Data", {"0": 30, "1": 30, "2": 30}, 90)
    assert found.images is not None
    assert (found.images.height, found.images.width, found.images.channels) == (20, 24, 3)


def test_classes_have_the_names_beside_the_data(tmp_path: Path) -> None:
    write_datums(tmp_path / "db", np.zeros((60, 3, 8, 8), np.uint8), np.arange(60) % 2)
    (tmp_path / "db/classes.txt").write_text("cat\ndog\n")
    found = Databases.recognise(tmp_path / "db", Asked())
    assert found is not None
    assert found.classes == {"cat": 30, "dog": 30}


def test_one_class_and_other_folders(tmp_path: Path) -> None:
    assert Databases.recognise(tmp_path, Asked()) is None
    write_datums(tmp_path / "db", np.zeros((30, 1, 4, 4), np.uint8), np.zeros(30, np.int64))
    with pytest.raises(DataError, match="of one class only"):
        Databases.recognise(tmp_path / "db", Asked())
