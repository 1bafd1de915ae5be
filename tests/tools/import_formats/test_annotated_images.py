"""COCO and PASCAL VOC as an LMDB."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.data.annotated import read_annotated
from layerzoo.data.image import Encoded
from layerzoo.data.lmdb_records import LMDBRecords
from layerzoo.image_file import decode
from layerzoo.tools.data_import import ImportSettings, import_data
from tests.tools.imported import drawn


def test_boxes_of_coco_and_voc(tmp_path: Path) -> None:
    source = drawn(tmp_path)
    (tmp_path / "c.json").write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "a/1.png", "height": 4, "width": 6}],
                "categories": [{"id": 5, "name": "cat"}],
                "annotations": [{"image_id": 1, "category_id": 5, "bbox": [3, 0, 3, 2], "iscrowd": 1}],
            }
        )
    )
    assert import_data(tmp_path / "c.json", tmp_path / "c", ImportSettings()) == (1, ["background", "cat"])
    images, _, boxes = read_annotated(LMDBRecords(tmp_path / "c").read([0]), str)
    assert isinstance(images[0], Encoded)
    assert boxes[0] is not None
    assert boxes[0].edges.tolist() == [[0.5, 0, 1, 0.5]]
    assert boxes[0].rows.tolist() == [[1, 0, 1]]
    (source / "b" / "2.xml").write_text(
        "<annotation><object><name>dog</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>4</ymax>"
        "</bndbox></object></annotation>"
    )
    assert import_data(source / "b", tmp_path / "v", ImportSettings()) == (1, ["background", "dog"])
    _, _, boxes = read_annotated(LMDBRecords(tmp_path / "v").read([0]), str)
    assert boxes[0] is not None
    assert boxes[0].edges.tolist() == [[0, 0, 0.5, 1]]


@pytest.mark.parametrize("kind", ["voc", "coco"])
@pytest.mark.parametrize("resized", [{}, {"height": 8, "width": 8}])
def test_boxes_without_a_declared_size(tmp_path: Path, kind: str, resized: dict[str, int]) -> None:
    source = drawn(tmp_path) / "b"
    (source / "3.png").unlink()
    (source / "2.xml").write_text(
        "<annotation><object><name>dog</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>4</ymax>"
        "</bndbox></object></annotation>"
    )
    (tmp_path / "c.json").write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "b/2.png"}],
                "categories": [{"id": 5, "name": "dog"}],
                "annotations": [{"image_id": 1, "category_id": 5, "bbox": [0, 0, 3, 4]}],
            }
        )
    )
    settings = ImportSettings(**resized)  # type: ignore[arg-type]
    import_data(source if kind == "voc" else tmp_path / "c.json", tmp_path / "v", settings)
    _, _, boxes = read_annotated(LMDBRecords(tmp_path / "v").read([0]), str)
    assert boxes[0] is not None
    assert boxes[0].edges.tolist() == [[0, 0, 0.5, 1]], "of an image of 6 x 4 (width x height)"


def test_turned_images_are_stored_upright_with_their_boxes(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:, :8] = 255
    (tmp_path / "a").mkdir()
    Image.fromarray(pixels).save(tmp_path / "a" / "x.jpg", exif=exif, quality=100)
    (tmp_path / "a" / "x.xml").write_text(
        "<annotation><size><width>16</width><height>8</height></size><object><name>dog</name><bndbox>"
        "<xmin>1</xmin><ymin>1</ymin><xmax>8</xmax><ymax>8</ymax></bndbox></object></annotation>"
    )
    import_data(tmp_path / "a", tmp_path / "v", ImportSettings())
    (image,), _, boxes = read_annotated(LMDBRecords(tmp_path / "v").read([0]), str)
    assert isinstance(image, Encoded)
    upright = decode(image.data, None, "x")
    assert upright.shape == (3, 16, 8)
    assert (int(upright[0, 1, 4]), int(upright[0, 14, 4])) == (255, 0), "white above black"
    assert boxes[0] is not None
    assert boxes[0].edges.tolist() == [[0, 0, 1, 0.5]]


def test_images_of_annotations_and_tables_are_found_in_images(tmp_path: Path) -> None:
    drawn(tmp_path / "images")
    (tmp_path / "c.json").write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "a/1.png"}],
                "categories": [{"id": 5, "name": "cat"}],
                "annotations": [],
            }
        )
    )
    assert import_data(tmp_path / "c.json", tmp_path / "c", ImportSettings())[0] == 1
    (tmp_path / "t.csv").write_text("image,label\na/1.png,x\nb/2.png,y\n")
    assert import_data(tmp_path / "t.csv", tmp_path / "t", ImportSettings()) == (2, ["x", "y"])
