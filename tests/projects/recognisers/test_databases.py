"""LMDBs."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.data import write_datums
from layerzoo.data.lmdb_records import write_lmdb
from layerzoo.errors import DataError
from layerzoo.projects.asked import Asked
from layerzoo.projects.recognisers.databases import Databases
from layerzoo.schema import AnnotatedDatum


def test_lmdb_has_images_and_classes(tmp_path: Path) -> None:
    images = np.zeros((90, 3, 20, 24), np.uint8)
    write_datums(tmp_path / "db", images, np.arange(90) % 3)
    description = Databases.recognise(tmp_path / "db", Asked())
    assert description is not None
    assert (description.layer, description.classes, description.total) == (
        "Data",
        {"0": 30, "1": 30, "2": 30},
        90,
    )
    assert description.images is not None
    assert (description.images.height, description.images.width, description.images.channels) == (20, 24, 3)


def test_classes_have_the_names_beside_the_data(tmp_path: Path) -> None:
    write_datums(tmp_path / "db", np.zeros((60, 3, 8, 8), np.uint8), np.arange(60) % 2)
    (tmp_path / "db/classes.txt").write_text("cat\ndog\n")
    description = Databases.recognise(tmp_path / "db", Asked())
    assert description is not None
    assert description.classes == {"cat": 30, "dog": 30}


def test_boxes_are_refused_with_a_way_on(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("RGB", (6, 4)).save(file, "PNG")
    record = AnnotatedDatum(type=AnnotatedDatum.BBOX)
    record.datum.data, record.datum.encoded = file.getvalue(), True
    box = record.annotation_group.add(group_label=1).annotation.add().bbox
    box.xmax, box.ymax = 0.5, 0.5
    write_lmdb(tmp_path / "db", [(b"0", record.SerializeToString())])
    with pytest.raises(DataError, match=r"images with boxes.* give the annotations"):
        Databases.recognise(tmp_path / "db", Asked())


def test_one_class_and_other_folders(tmp_path: Path) -> None:
    assert Databases.recognise(tmp_path, Asked()) is None
    write_datums(tmp_path / "db", np.zeros((30, 1, 4, 4), np.uint8), np.zeros(30, np.int64))
    with pytest.raises(DataError, match="of one class only"):
        Databases.recognise(tmp_path / "db", Asked())
