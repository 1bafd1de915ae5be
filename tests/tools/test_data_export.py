"""Images written as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.errors import DataError, UsageError
from layerzoo.tools.data_export import Part, export_images, folder_name, parts_of_named


def test_pixels_and_colours_stay(tmp_path: Path) -> None:
    blue = np.zeros((3, 2, 4), np.uint8)
    blue[0] = 200
    grey = np.full((1, 2, 4), 7, np.uint8)
    calls: list[tuple[int, int]] = []
    parts = [Part("train", 2, iter([(blue, "a"), (grey, "b/c")]))]
    assert export_images(parts, tmp_path / "out", lambda done, of: calls.append((done, of))) == 2
    with Image.open(tmp_path / "out" / "train" / "a" / "0.png") as picture:
        assert (picture.size, picture.getpixel((0, 0))) == ((4, 2), (0, 0, 200))
    with Image.open(tmp_path / "out" / "train" / "b_c" / "1.png") as picture:
        assert (picture.mode, picture.getpixel((0, 0))) == ("L", 7)
    assert calls == [(1, 2), (2, 2)]


def test_failure_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="1 or 3 channels"):
        export_images([Part("", 1, iter([(np.zeros((2, 3, 3), np.uint8), "a")]))], tmp_path / "out", print)
    assert not (tmp_path / "out").exists()


def test_unknown_set_is_told() -> None:
    with pytest.raises(UsageError, match="unknown data set 'digit'"):
        parts_of_named("digit")


@pytest.mark.parametrize(("name", "folder"), [("..", "_"), (".x", "_x"), ("a:b", "a_b"), ("", "_")])
def test_class_is_a_safe_folder(name: str, folder: str) -> None:
    assert folder_name(name) == folder
