"""Images with masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.errors import DataError
from layerzoo.projects.asked import SEGMENTATION, Asked
from layerzoo.projects.recognisers.masks import Masks
from tests.projects.drawn import draw


def test_black_and_white_masks_are_of_two_classes(tmp_path: Path) -> None:
    description = Masks.recognise(draw(tmp_path, 60) / "masks", Asked())
    assert description is not None
    assert (description.task, description.layer, description.total) == (SEGMENTATION, "MaskData", 60)
    assert description.fields["binary"] is True
    assert list(description.classes) == ["background", "object"]


def test_values_of_masks_are_classes(tmp_path: Path) -> None:
    folder = draw(tmp_path, 60) / "masks"
    for number in range(60):
        mask = np.zeros((64, 64), np.uint8)
        mask[:32], mask[60:] = number % 2 + 1, 255
        Image.fromarray(mask).save(folder / f"masks/{number}.png")
    description = Masks.recognise(folder, Asked())
    assert description is not None
    assert "binary" not in description.fields
    assert list(description.classes) == ["0", "1", "2"], "255 is of no class"
    (folder / "classes.txt").write_text("sky\ngrass\nroad\n")
    (folder / "masks").rename(folder / "labels")
    named = Masks.recognise(folder, Asked())
    assert named is not None
    assert list(named.classes) == ["sky", "grass", "road"]
    assert named.fields["mask_folder"] == "labels"


def test_rare_and_small_classes_are_counted(tmp_path: Path) -> None:
    folder = draw(tmp_path, 60) / "masks"
    for number in range(60):
        mask = np.zeros((300, 300), np.uint8)
        mask[:100] = 1
        if number == 41:
            mask[150, 151] = 3
        Image.fromarray(mask).save(folder / f"masks/{number}.png")
        Image.new("RGB", (300, 300)).save(folder / f"images/{number}.png")
    description = Masks.recognise(folder, Asked())
    assert description is not None
    assert description.classes == {"0": 60, "1": 60, "2": 0, "3": 1}
    (folder / "classes.txt").write_text("sky\ngrass\nroad\n")
    with pytest.raises(DataError, match=r"41.png has the value 3; expected the 3 classes"):
        Masks.recognise(folder, Asked())


def test_masks_as_jpeg_are_black_and_white(tmp_path: Path) -> None:
    folder = draw(tmp_path, 60) / "masks"
    for file in sorted((folder / "masks").iterdir()):
        with Image.open(file) as mask:
            mask.save(file.with_suffix(".jpg"), quality=60)
        file.unlink()
    description = Masks.recognise(folder, Asked())
    assert description is not None
    assert (description.fields["binary"], description.classes) == (True, {"background": 60, "object": 60})


def test_one_value_only_and_other_folders(tmp_path: Path) -> None:
    folder = draw(tmp_path, 60) / "masks"
    assert Masks.recognise(tmp_path, Asked()) is None
    for number in range(60):
        Image.new("L", (64, 64)).save(folder / f"masks/{number}.png")
    with pytest.raises(DataError, match="the masks have the value 0 only"):
        Masks.recognise(folder, Asked())
