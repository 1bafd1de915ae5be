"""Annotations of boxes."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import DataError
from layerzoo.projects.asked import DETECTION, Asked
from layerzoo.projects.recognisers.boxes import COCOAnnotations, VOCAnnotations
from tests.projects.drawn import draw


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    return draw(tmp_path, 60)


def test_both_formats_have_the_same_boxes(drawn: Path) -> None:
    coco = COCOAnnotations.recognise(drawn / "coco", Asked())
    voc = VOCAnnotations.recognise(drawn / "voc", Asked())
    for description, layer in ((coco, "COCOData"), (voc, "VOCData")):
        assert description is not None
        assert (description.task, description.layer, description.total) == (DETECTION, layer, 60)
        assert description.classes == {"disc": 30, "square": 30}
        assert description.images is not None
        assert (description.images.height, description.images.width) == (64, 64)
    assert coco is not None
    assert coco.fields["root_folder"] == str(drawn / "coco/images")


def test_file_of_annotations_is_named_by_itself(drawn: Path) -> None:
    description = COCOAnnotations.recognise(drawn / "coco/instances.json", Asked())
    assert description is not None
    assert description.total == 60
    (drawn / "coco/more.json").write_text((drawn / "coco/instances.json").read_text())
    with pytest.raises(DataError, match="several files of annotations"):
        COCOAnnotations.recognise(drawn / "coco", Asked())


def test_other_data_are_of_another_kind(drawn: Path) -> None:
    (drawn / "other.json").write_text('{"images": 3}')
    (drawn / "torn.json").write_text("{")
    assert COCOAnnotations.recognise(drawn, Asked()) is None
    assert COCOAnnotations.recognise(drawn / "torn.json", Asked()) is None
    assert VOCAnnotations.recognise(drawn / "masks", Asked()) is None
    assert VOCAnnotations.recognise(drawn / "torn.json", Asked()) is None


def test_annotations_that_are_not_json_are_named(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"images": [], "annotations": [], "categories": [}')
    with pytest.raises(DataError, match=r"c\.json: like annotations in COCO's format, but not JSON: .*char"):
        COCOAnnotations.recognise(tmp_path, Asked())
    (tmp_path / "c.json").write_text('{"images": [], "other": [}')
    assert COCOAnnotations.recognise(tmp_path, Asked()) is None
