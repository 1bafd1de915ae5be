"""Images in a folder for each class."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.data.class_folders import MAX_DEPTH, find_parts, read_class_folders
from layerzoo.errors import DataError


def touched(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_classes_and_files_are_sorted_by_name(tmp_path: Path) -> None:
    touched(
        tmp_path, "dog/b.jpg", "dog/a.JPEG", "cat/deep/er/x.png", "cat/z.webp", "dog/notes.txt", "readme.md"
    )
    names, files = read_class_folders(tmp_path)
    assert names == ["cat", "dog"]
    assert [(file.key, file.label) for file in files] == [
        ("cat/deep/er/x.png", 0), ("cat/z.webp", 0), ("dog/a.JPEG", 1), ("dog/b.jpg", 1),
    ]  # fmt: skip
    assert [file.path for file in files] == [tmp_path / file.key for file in files]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    touched(tmp_path, "a/1.png", "a/.2.png", "a/.cache/3.png", ".git/4.png", "b/5.png")
    names, files = read_class_folders(tmp_path)
    assert names == ["a", "b"]
    assert [file.key for file in files] == ["a/1.png", "b/5.png"]


def test_given_names_set_the_labels(tmp_path: Path) -> None:
    touched(tmp_path, "a/1.png", "b/2.png", "c/3.png")
    names, files = read_class_folders(tmp_path, ["c", "a"])
    assert names == ["c", "a"]
    assert [(file.key, file.label) for file in files] == [("c/3.png", 0), ("a/1.png", 1)]
    with pytest.raises(DataError, match="no folder for class 'cc'; did you mean 'c'"):
        read_class_folders(tmp_path, ["cc"])
    with pytest.raises(DataError, match="class 'a' is named 2 times"):
        read_class_folders(tmp_path, ["a", "a"])


def test_parts_share_their_classes(tmp_path: Path) -> None:
    touched(tmp_path, "train/a/1.png", "train/b/2.png", "train/b/3.png", "Valid/b/4.png", "test/c/5.png")
    assert list(find_parts(tmp_path)) == ["train", "val", "test"]
    names, files = read_class_folders(tmp_path, part="val")
    assert names == ["a", "b", "c"]
    assert [(file.key, file.label) for file in files] == [("Valid/b/4.png", 1)]
    assert len(read_class_folders(tmp_path, part="train")[1]) == 3


def test_parts_are_none_where_another_folder_is_there(tmp_path: Path) -> None:
    touched(tmp_path, "train/1.png", "test/2.png", "car/3.png")
    assert find_parts(tmp_path) == {}
    assert read_class_folders(tmp_path)[0] == ["car", "test", "train"]


def test_a_missing_part_is_an_error(tmp_path: Path) -> None:
    touched(tmp_path, "train/a/1.png", "val/a/2.png")
    with pytest.raises(DataError, match="no folder 'test'; it has 'train', 'val'"):
        read_class_folders(tmp_path, part="test")
    with pytest.raises(DataError, match="no part is named; it is divided into 'train', 'val'"):
        read_class_folders(tmp_path)


def test_a_link_to_a_folder_above_ends(tmp_path: Path) -> None:
    touched(tmp_path, "a/1.png")
    (tmp_path / "a" / "loop").symlink_to(tmp_path / "a")
    assert [file.key for file in read_class_folders(tmp_path)[1]] == ["a/1.png"]


def test_a_linked_class_is_read(tmp_path: Path) -> None:
    touched(tmp_path, "elsewhere/1.png", "data/b/2.png")
    (tmp_path / "data" / "a").symlink_to(tmp_path / "elsewhere")
    assert [file.key for file in read_class_folders(tmp_path / "data")[1]] == ["a/1.png", "b/2.png"]


def test_folders_inside_each_other_are_bounded(tmp_path: Path) -> None:
    touched(tmp_path, "/".join("a" * (MAX_DEPTH + 2)) + "/1.png")
    with pytest.raises(DataError, match="more than 32 folders inside each other"):
        read_class_folders(tmp_path)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (("1.png", "2.png"), "2 of them lie in it itself: put those of each class into a folder"),
        ((), "expected a folder for each class"),
        (("a/x.txt", "b/y.txt", "b/z"), "the 3 files in them have the suffixes '.txt', none"),
    ],
)
def test_a_folder_without_classes_says_what_it_holds(
    tmp_path: Path, files: tuple[str, ...], message: str
) -> None:
    touched(tmp_path, *files)
    with pytest.raises(DataError, match=message):
        read_class_folders(tmp_path)


def test_empty_folders_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(DataError, match="the folders 'a' are empty"):
        read_class_folders(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_class_folders(tmp_path / "absent")
