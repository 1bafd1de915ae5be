"""Annotations in COCO's format."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from layerzoo.data import coco
from layerzoo.data.box_samples import AnnotatedFile
from layerzoo.data.coco import read_coco
from layerzoo.errors import DataError

GOOD: dict[str, Any] = {
    "images": [
        {"id": 30, "file_name": "b.jpg", "height": 10, "width": 20},
        {"id": 7, "file_name": "sub/a.jpg"},
    ],
    "categories": [{"id": 18, "name": "dog"}, {"id": 3, "name": "cat"}],
    "annotations": [
        {"image_id": 7, "category_id": 18, "bbox": [1, 2, 3.5, 4], "iscrowd": 1},
        {"image_id": 30, "category_id": 3, "bbox": [0, 0, 5, 5]},
        {"image_id": 7, "category_id": 3, "bbox": [0, 0, 0, 5]},
    ],
}


def read(folder: Path, content: object = GOOD, **options: object) -> tuple[list[str], list[AnnotatedFile]]:
    (folder / "c.json").write_text(json.dumps(content))
    return read_coco(folder / "c.json", **options)  # type: ignore[arg-type]


def test_categories_are_numbered_without_gaps(tmp_path: Path) -> None:
    names, (b, a) = read(tmp_path)
    assert names == ["cat", "dog"]
    assert (b.path, b.key, b.size) == (tmp_path / "b.jpg", "b.jpg", (10, 20))
    assert (b.edges.tolist(), b.classes.tolist(), b.difficult.tolist()) == ([[0, 0, 5, 5]], [1], [0])
    assert (a.key, a.size) == ("sub/a.jpg", None)
    assert (a.edges.tolist(), a.classes.tolist(), a.difficult.tolist()) == ([[1, 2, 4.5, 6]], [2], [1])


def test_names_select_and_order_classes(tmp_path: Path) -> None:
    names, (b, a) = read(tmp_path, names=["dog"], root="/images")
    assert names == ["dog"]
    assert (len(b.edges), a.classes.tolist(), a.path) == (0, [1], Path("/images/sub/a.jpg"))
    with pytest.raises(DataError, match="no category 'dogs'; did you mean 'dog'"):
        read(tmp_path, names=["dogs"])


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("images", None, "no list 'images'"),
        ("images.0", 3, "entry 0 of 'images' is not an object"),
        ("images.0.id", "x", "image 0: id is x; expected a whole number"),
        ("images.0.file_name", 3, "image 0: file_name is 3; expected a text"),
        ("images.0.height", 0, "image 0: height 0, width 20"),
        ("categories", [], "annotation 0: category_id 18 is in no category"),
        ("categories.0.name", "cat", "two categories are named 'cat'"),
        ("annotations.1.image_id", 8, "annotations of image_id 8, which is in no image"),
        ("annotations.1.bbox", [1, 2, 3], "annotation 1: bbox"),
        ("annotations.1.bbox", [1, 2, 3, 1e300], "annotation 1: bbox"),
        ("annotations.1.bbox", [1, 2, 3, 10**400], "annotation 1: bbox"),
        ("annotations.1.bbox", "box", "annotation 1: bbox box; expected left, top, width and height"),
    ],
)
def test_other_content_is_refused(tmp_path: Path, path: str, value: object, message: str) -> None:
    content: Any = copy.deepcopy(GOOD)
    *parents, last = [int(word) if word.isdigit() else word for word in path.split(".")]
    inside = content
    for word in parents:
        inside = inside[word]
    inside[last] = value
    if path == "categories":
        with pytest.raises(DataError, match="no categories"):
            read(tmp_path, content)
        return
    with pytest.raises(DataError, match=message):
        read(tmp_path, content)


def test_text_that_is_no_json_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("{", "[" * 100_000, '{"a": NaN'):
        (tmp_path / "c.json").write_text(text)
        with pytest.raises(DataError, match="not JSON"):
            read_coco(tmp_path / "c.json")
    with pytest.raises(DataError, match="no list 'images'"):
        read(tmp_path, [1])
    monkeypatch.setattr(coco, "MAX_BYTES", 10)
    with pytest.raises(DataError, match="annotations of more than 10 bytes"):
        read(tmp_path)


def test_images_in_a_folder_images_are_found(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "b.jpg").touch()
    _, (b, a) = read(tmp_path)
    assert (b.path, a.path) == (tmp_path / "images" / "b.jpg", tmp_path / "images" / "sub" / "a.jpg")
    assert b.key == "b.jpg"  # by which it is split: wherever the images are
