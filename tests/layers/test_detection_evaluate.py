"""DetectionEvaluate; recordings of SSD's layer are in the conformance tests."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.errors import DataError, LayerFault
from layerzoo.layers.detection_evaluate import DetectionEvaluate
from layerzoo.schema import LayerParameter

Box = tuple[float, float, float, float]


def layer(detections: torch.Tensor, truth: torch.Tensor, **fields: object) -> DetectionEvaluate:
    param = LayerParameter(name="e", type="DetectionEvaluate", top=["y"])
    for name, value in {"num_classes": 3, **fields}.items():
        setattr(param.detection_evaluate_param, name, value)
    shapes = [tuple(detections.shape), tuple(truth.shape)]
    DetectionEvaluate.top_shapes(param, shapes)
    return DetectionEvaluate.build(param, shapes)


def found(*rows: tuple[int, int, float, Box]) -> torch.Tensor:
    return torch.tensor([[image, label, score, *box] for image, label, score, box in rows])[None, None]


def boxes(*rows: tuple[int, int, Box, int]) -> torch.Tensor:
    return torch.tensor([[float(i), label, 0, *box, hard] for i, label, box, hard in rows])[None, None]


LEFT, RIGHT = (0.0, 0.0, 0.4, 1.0), (0.5, 0.0, 1.0, 1.0)


def test_second_detection_of_an_object_is_wrong() -> None:
    detections = found((0, 1, 0.5, LEFT), (0, 1, 0.9, LEFT), (0, 1, 0.7, RIGHT))
    truth = boxes((0, 1, LEFT, 0), (0, 2, RIGHT, 0))
    rows = layer(detections, truth)(detections, truth)[0, 0]
    wanted = [[-1, 1, 1, -1, -1], [-1, 2, 1, -1, -1]]
    wanted += [[0, 1, 0.9, 1, 0], [0, 1, 0.7, 0, 1], [0, 1, 0.5, 0, 1]]
    torch.testing.assert_close(rows, torch.tensor(wanted))


def test_detections_of_a_difficult_object_count_as_neither() -> None:
    detections, truth = found((0, 1, 0.5, LEFT), (0, 1, 0.4, LEFT)), boxes((0, 1, LEFT, 1))
    rows = layer(detections, truth, evaluate_difficult_gt=False)(detections, truth)[0, 0]
    assert rows[0].tolist() == [-1, 1, 0, -1, -1]
    assert rows[2:, 3:].tolist() == [[0, 0], [0, 0]]
    rows = layer(detections, truth)(detections, truth)[0, 0]
    assert rows[0].tolist() == [-1, 1, 1, -1, -1]
    assert rows[2:, 3:].tolist() == [[1, 0], [0, 1]]


def test_class_without_objects_keeps_the_order_of_its_detections() -> None:
    detections = found((0, 2, 0.1, LEFT), (0, 2, 0.9, LEFT), (0, 1, 0.3, LEFT))
    truth = boxes((1, 2, LEFT, 0))
    rows = layer(detections, truth)(detections, truth)[0, 0]
    torch.testing.assert_close(rows[2:, 2], torch.tensor([0.3, 0.1, 0.9]))
    assert rows[2:, 4].tolist() == [1, 1, 1]


def test_rows_that_are_no_detections_or_no_boxes_are_left_out() -> None:
    nothing = (-1.0, -1.0, -1.0, -1.0)
    detections, truth = found((3, -1, -1, nothing)), boxes((-1, -1, nothing, -1))
    made = layer(detections, truth)
    assert made(detections, truth)[0, 0].tolist() == [[-1, 1, 0, -1, -1], [-1, 2, 0, -1, -1]]
    assert made.shapes_for([detections, truth]) == [(1, 1, 2, 5)]
    empty = torch.empty(1, 1, 0, 8)
    assert made(detections, empty).shape == (1, 1, 2, 5)


def test_background_label_of_none_lists_every_class() -> None:
    detections, truth = found((0, 0, 0.5, LEFT)), boxes((0, 0, LEFT, 0))
    rows = layer(detections, truth, background_label_id=2**32 - 1)(detections, truth)[0, 0]
    assert rows[:, 1].tolist() == [0, 1, 2, 0]


def test_name_size_file_compares_boxes_in_pixels(tmp_path: Path) -> None:
    sizes = tmp_path / "sizes.txt"
    sizes.write_text("first 1 4\nsecond 100 100\n")
    detections = found((0, 1, 0.5, (0.0, 0.0, 0.5, 1.0)), (1, 1, 0.5, (0.0, 0.0, 0.5, 1.0)))
    truth = boxes((0, 1, (0.0, 0.0, 0.3, 1.0), 0), (1, 1, (0.0, 0.0, 0.3, 1.0), 0))
    made = layer(detections, truth, overlap_threshold=0.62, name_size_file=str(sizes))
    # 4 x 1 pixels: (1.2 + 1) * 2 of (2 + 1) * 2; 100 x 100: about 0.3 / 0.5, which is below
    assert made(detections, truth)[0, 0, 2:, 3].tolist() == [1, 0]
    assert made(detections, truth)[0, 0, 2:, 3].tolist() == [1, 0], "the list starts over at its end"
    one, one_box = detections[:, :, :1], truth[:, :, :1]
    assert made(one, one_box)[0, 0, 2:, 3].tolist() == [1]
    assert made(one, one_box)[0, 0, 2:, 3].tolist() == [0], "the size of the next image"


def test_faults_name_the_field(tmp_path: Path) -> None:
    detections, truth = found((0, 1, 0.5, LEFT)), boxes((0, 1, LEFT, 0))
    with pytest.raises(LayerFault, match="num_classes is missing"):
        layer(detections, truth, num_classes=0)
    with pytest.raises(LayerFault, match="overlap_threshold is 0; it has to be above 0"):
        layer(detections, truth, overlap_threshold=0)
    with pytest.raises(LayerFault, match="can't be opened"):
        layer(detections, truth, name_size_file=str(tmp_path / "none.txt"))
    (tmp_path / "sizes.txt").write_text("name 3\n")
    with pytest.raises(DataError, match=r"sizes.txt:1: 'name 3'; expected name, height and width"):
        layer(detections, truth, name_size_file=str(tmp_path / "sizes.txt"))
    with pytest.raises(LayerFault, match=r"expected \(1, 1, N, 8\)"):
        layer(detections, detections)
