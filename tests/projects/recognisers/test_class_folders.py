"""Folders of images for each class."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import DataError
from layerzoo.projects.asked import CLASSIFICATION, Asked
from layerzoo.projects.recognisers.class_folders import ClassFolders


def test_folder_is_described(photos: Path) -> None:
    description = ClassFolders.recognise(photos, Asked())
    assert description is not None
    assert (description.task, description.layer, description.classes) == (
        CLASSIFICATION,
        "FolderData",
        {"cat": 30, "dog": 90},
    )
    assert description.total == 120
    assert description.images is not None
    assert (description.images.width, description.images.height, description.images.channels) == (40, 30, 3)
    assert description.warnings == []


def divided(photos: Path, parts: dict[str, int]) -> Path:
    """A folder of the folders ``parts``, each with as many images of every class of ``photos``."""
    images = {name: sorted((photos / name).iterdir()) for name in ("cat", "dog")}
    for folder, count in parts.items():
        for name, files in images.items():
            (photos.parent / "divided" / folder / name).mkdir(parents=True)
            for _ in range(count):
                file = files.pop()
                file.rename(photos.parent / "divided" / folder / name / file.name)
    return photos.parent / "divided"


def test_parts_are_read_as_they_are_divided(photos: Path) -> None:
    folder = divided(photos, {"train": 20, "valid": 4, "test": 5})
    (folder / "test/cat").rename(folder / "test/.cat")
    description = ClassFolders.recognise(folder, Asked())
    assert description is not None
    assert (description.counts, description.shares) == ({"train": 40, "val": 8, "test": 5}, None)
    assert description.classes == {"cat": 24, "dog": 29}
    assert description.details == ["divided into the folders train, valid, test"]
    assert description.warnings == ["the folder test has no images of 'cat'"]


def test_a_part_of_images_and_masks_is_not_of_classes(photos: Path) -> None:
    folder = divided(photos, {"train": 20, "test": 5})
    for part in ("train", "test"):
        (folder / part / "cat").rename(folder / part / "images")
        (folder / part / "dog").rename(folder / part / "masks")
    with pytest.raises(DataError, match="its parts hold images and masks, which are no classes"):
        ClassFolders.recognise(folder, Asked())


def test_files_and_folders_without_images_are_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    assert ClassFolders.recognise(tmp_path / "a.txt", Asked()) is None
    assert ClassFolders.recognise(tmp_path, Asked()) is None


def test_one_class_or_an_empty_one_is_refused(photos: Path) -> None:
    (photos / "bird").mkdir()
    with pytest.raises(DataError, match="no images in the folder of class 'bird'"):
        ClassFolders.recognise(photos, Asked())
    (photos / "bird").rmdir()
    (photos / "cat").rename(photos / ".cat")
    with pytest.raises(DataError, match=r"one class only, 'dog'; .* put the images of a second class"):
        ClassFolders.recognise(photos, Asked())


def test_odd_things_are_warned_of(photos: Path) -> None:
    for name in ("cat", "dog"):
        for year in ("2020", "2021"):
            (photos / name / year).mkdir()
    (photos / "cat/notes.doc").write_text("")
    for number in range(12):
        (photos / f"cat/{number}.png").unlink()
    description = ClassFolders.recognise(photos, Asked())
    assert description is not None
    few, other, nested = description.warnings
    assert few.startswith("few images of 'cat' (18)")
    assert other == "1 file is not an image, and is left out: 1 of suffix .doc"
    assert "holds folders '2020', '2021': if those are the classes" in nested
