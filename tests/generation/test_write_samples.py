"""Files of generated samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.errors import UsageError
from layerzoo.generation.write_samples import write_samples

IMAGES = np.linspace(0, 1, 12 * 4, dtype=np.float32).reshape(12, 1, 2, 2)


def test_grid_and_folder_of_images(tmp_path: Path) -> None:
    write_samples(IMAGES, None, tmp_path / "all.png")
    with Image.open(tmp_path / "all.png") as sheet:
        assert sheet.size == (4 * 58 + 2, 3 * 58 + 2)
    write_samples(IMAGES, None, tmp_path / "each")
    files = sorted(path.name for path in (tmp_path / "each").iterdir())
    assert files == [f"{number:02}.png" for number in range(12)]
    with Image.open(tmp_path / "each" / "11.png") as last:
        assert np.array(last).ravel().tolist() == [239, 244, 250, 255]


def test_numbers(tmp_path: Path) -> None:
    write_samples(IMAGES, None, tmp_path / "a.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), IMAGES)
    write_samples(np.array([[1, 2.5], [-3, 1e-9]], np.float32), None, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "1,2.5\n-3,1e-09\n"


def test_forms_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"samples of shape \(3,\) aren't images; give \.npy or \.csv"):
        write_samples(np.zeros((2, 3), np.float32), None, tmp_path / "a.png")
    with pytest.raises(UsageError, match=r"a\.jpg: expected a \.png, a folder, \.npy or \.csv"):
        write_samples(IMAGES, None, tmp_path / "a.jpg")
    assert list(tmp_path.iterdir()) == []
