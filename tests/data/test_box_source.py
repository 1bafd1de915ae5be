"""The base class of layers that read images with boxes; `COCOData` and `VOCData` are its examples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.data.box_samples import AnnotatedFile
from layerzoo.data.box_source import Annotations, BoxSource
from layerzoo.errors import DataError
from layerzoo.schema import ROI_BOXES, YOLO_BOXES, COCODataParameter, LayerParameter


def file(objects: int) -> AnnotatedFile:
    numbers = np.zeros(objects, np.float32)
    return AnnotatedFile(Path("a"), "a", None, np.zeros((objects, 4), np.float32), numbers, numbers)


class Some(BoxSource):
    """Three images: without objects, with one and with two."""

    found = Annotations(["x", "y"], [file(0), file(1), file(2)])

    @classmethod
    def box_param(cls, param: LayerParameter) -> tuple[str, COCODataParameter]:
        return "coco_data_param", param.coco_data_param

    @classmethod
    def annotations(cls, param: LayerParameter) -> Annotations:
        return cls.found


def param(**fields: object) -> LayerParameter:
    return LayerParameter(coco_data_param=COCODataParameter(**fields))  # type: ignore[arg-type]


def test_class_names_have_a_background_but_for_yolo() -> None:
    assert Some.class_names(param()) == ["background", "x", "y"]
    assert Some.class_names(param(target=YOLO_BOXES)) == ["x", "y"]


def test_shapes_of_boxes_where_the_source_is_missing() -> None:
    assert Some.annotation_shapes(param(max_objects=5), (2, 3, 8, 8)) == [(1, 1, 10, 8)]
    assert Some.annotation_shapes(param(target=YOLO_BOXES), (2, 3, 8, 8)) == [(2, 300, 5)]
    assert Some.annotation_shapes(param(target=ROI_BOXES), (1, 3, 8, 8)) == [(1, 5)]


def test_images_without_objects_are_left_out_unless_wanted() -> None:
    assert [len(one.edges) for one in Some._files(param())] == [1, 2]
    assert [len(one.edges) for one in Some._files(param(empty_images=True))] == [0, 1, 2]


@pytest.mark.parametrize(("files", "why"), [([file(0)], "no image has an object"), ([], "no images")])
def test_no_images_are_an_error(
    files: list[AnnotatedFile], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Some, "found", Annotations(["x"], files))
    with pytest.raises(DataError, match=f"c.json: {why}"):
        Some._files(param(source="c.json"))
