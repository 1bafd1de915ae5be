"""Lists of images with label images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.data.label_images import LabelledPixels, read_pairs, read_sized
from layerzoo.data.transform import Pipeline
from layerzoo.errors import DataError


def test_read_pairs(tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("a.png b.png\n\nc.png 3 more\n")
    first, second = read_pairs(str(listed), "root/")
    assert (first.image, first.labels, first.line) == (Path("root/a.png"), "b.png", 1)
    assert (second.labels, second.line) == ("3", 3)
    listed.write_text("a.png\n")
    assert read_pairs(str(listed), "", labelled=False)[0].labels == ""
    with pytest.raises(DataError, match=r"list.txt:1: 'a.png'; expected an image and its labels"):
        read_pairs(str(listed), "")
    listed.write_text("\n")
    with pytest.raises(DataError, match="the list names no files"):
        read_pairs(str(listed), "")


def test_read_sized_keeps_classes_with_nearest(tmp_path: Path) -> None:
    Image.fromarray(np.array([[1, 9], [1, 9]], np.uint8)).save(tmp_path / "m.png")
    mask = read_sized(tmp_path / "m.png", False, (5, 5), "m", "NEAREST")
    assert sorted(set(mask.ravel().tolist())) == [1, 9]
    assert read_sized(tmp_path / "m.png", False, None, "m").shape == (1, 2, 2)


def test_keys_are_the_paths_as_they_are_written(tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("b.png 1\nsub/a.png 2\n")
    pairs = read_pairs(str(listed), "root/")
    made = LabelledPixels(str(listed), "root/", pairs, Pipeline(), None, True, lambda *_: np.zeros((1, 1, 1)))
    assert [made.key_of(index) for index in range(2)] == ["b.png", "sub/a.png"]
    assert made.name(1) == f"root/sub/a.png ({listed}:2)"
