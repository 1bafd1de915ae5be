"""The data set svhn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.data.datasets.svhn import SVHN
from layerzoo.errors import DataError
from tests.data.test_mat import matrix, written


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path))
    folder = tmp_path / "datasets" / "svhn"
    folder.mkdir(parents=True)
    return folder


def put(folder: Path, images: np.ndarray, labels: np.ndarray) -> None:
    written(folder, matrix("X", images), matrix("y", labels)).rename(folder / "test_32x32.mat")


def test_images_are_blue_first_and_ten_is_zero(folder: Path) -> None:
    images = np.zeros((32, 32, 3, 2), np.uint8)
    images[1, 2, 0, 1] = 255  # red of the second image
    put(folder, images, np.array([[3], [10]], np.uint8))
    x, y = SVHN().load("test")
    assert x.shape == (2, 3, 32, 32)
    assert x[1, :, 1, 2].tolist() == [0, 0, 1]
    assert y.tolist() == [3, 0]
    with pytest.raises(DataError, match="layerzoo data get svhn"):
        SVHN().load("train")


def test_arrays_that_do_not_fit_are_refused(folder: Path) -> None:
    put(folder, np.zeros((32, 32, 3, 2), np.uint8), np.array([[3]], np.uint8))
    with pytest.raises(DataError, match="arrays of 32 x 32 x 3 x 2 and 1 x 1; expected"):
        SVHN().load("test")
    put(folder, np.zeros((32, 32, 3, 1), np.uint8), np.array([[11]], np.uint8))
    with pytest.raises(DataError, match="a label outside 1 to 10"):
        SVHN().load("test")
