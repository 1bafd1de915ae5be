"""Data sets in folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerzoo.studio.datasets.finding import find_sets, kind_of
from tests.data_report.photos import photo, photos, save


def pets(folder: Path, count: int = 2) -> Path:
    for place, name in enumerate(("cat", "dog")):
        for number in range(count):
            save(folder / name / f"{number}.png", photo(10 * place + number))
    return folder


def test_sets_are_found_by_what_lies_in_them(tmp_path: Path) -> None:
    pets(tmp_path / "a" / "pets")
    photos(tmp_path / "photos")
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    (tmp_path / "lmdb").mkdir()
    (tmp_path / "lmdb" / "data.mdb").touch()
    (tmp_path / "boxes.json").write_text(json.dumps({"images": [], "annotations": [], "categories": []}))
    (tmp_path / "other.json").write_text("{}")
    for name in ("Annotations", "JPEGImages"):
        (tmp_path / "voc" / name).mkdir(parents=True)
    kinds = {Path(one.path).name: (one.kind, one.count) for one in find_sets([tmp_path])}
    assert kinds == {
        "pets": ("folders", 4),
        "photos": ("folders", 22),
        "table.csv": ("table", 0),
        "lmdb": ("lmdb", 0),
        "boxes.json": ("coco", 0),
        "voc": ("voc", 0),
    }


@pytest.mark.parametrize("name", ["x.run", ".hidden", "node_modules"])
def test_other_folders_are_not_looked_into(tmp_path: Path, name: str) -> None:
    pets(tmp_path / name / "pets")
    assert find_sets([tmp_path]) == []


def test_links_and_own_folders_are_not_followed(tmp_path: Path) -> None:
    pets(tmp_path / "own" / "pets")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert find_sets([tmp_path], [tmp_path / "own"]) == []


def test_parts_without_classes_are_no_set(tmp_path: Path) -> None:
    for name in ("train", "test"):
        save(tmp_path / name / "1.png", photo(1))
    assert kind_of(tmp_path) == ""


def test_folder_of_one_class_is_no_set_of_the_list_but_can_be_opened(tmp_path: Path) -> None:
    save(tmp_path / "pets" / "cat" / "1.png", photo(1))
    assert find_sets([tmp_path]) == []
    assert kind_of(tmp_path / "pets") == "folders"


def test_missing_path_has_no_kind(tmp_path: Path) -> None:
    assert kind_of(tmp_path / "none") == ""
