from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.errors import ExportError
from layerzoo.export import export_python
from layerzoo.loader import parse_net
from layerzoo.net import Net

V3 = """
layer {{ name: "a" type: "Input" top: "a" input_param {{ shape {{ dim: {n} dim: {c} dim: 4 dim: 5 }} }} }}
layer {{ name: "b" type: "Input" top: "b" input_param {{ shape {{ dim: {n} dim: {c} dim: 8 dim: 10 }} }} }}
layer {{ name: "d" type: "Yolov3DetectionOutput" bottom: "a" bottom: "b" top: "d"
  yolov3_detection_output_param {{ num_classes: 3 num_box: 2 mask_group_num: 2 mask: [2, 3, 0, 1]
    biases: [10, 12, 20, 16, 40, 60, 80, 70] anchors_scale: [32, 16] {more} }} }}
"""
V2 = """
layer {{ name: "a" type: "Input" top: "a" input_param {{ shape {{ dim: 1 dim: 16 dim: 4 dim: 5 }} }} }}
layer {{ name: "d" type: "YoloDetectionOutput" bottom: "a" top: "d"
  yolo_detection_output_param {{ num_classes: 3 num_box: 2 biases: [1.5, 2, 3, 2.5] {more} }} }}
"""


def agreement(text: str, path: Path) -> tuple[float, int]:
    net = Net(parse_net(text).message, "TEST")
    inputs = {}
    for index, (name, shape) in enumerate(net.graph.input_shapes().items()):
        inputs[name] = torch.randn(shape, generator=torch.Generator().manual_seed(index))
    return export_python(net, path / "net.py", inputs), net(**inputs)["d"].shape[2]


@pytest.mark.parametrize(
    ("n", "c", "more"),
    [
        (1, 16, "confidence_threshold: 0.3 nms_threshold: 0.4"),
        (2, 16, "confidence_threshold: 0.6 nms_threshold: 0.2"),
        (1, 24, "confidence_threshold: 0.1 gaussian_box: true"),
    ],
)
def test_source_agrees_with_yolo_v3(tmp_path: Path, n: int, c: int, more: str) -> None:
    deviation, rows = agreement(V3.format(n=n, c=c, more=more), tmp_path)
    assert deviation < 1e-5
    assert rows > 5


def test_source_agrees_with_yolo_v2(tmp_path: Path) -> None:
    deviation, rows = agreement(V2.format(more="confidence_threshold: 0.3 nms_threshold: 0.45"), tmp_path)
    assert deviation < 1e-5
    assert rows > 5


def test_source_has_a_row_for_each_image_without_detections(tmp_path: Path) -> None:
    assert agreement(V3.format(n=2, c=16, more="confidence_threshold: 2"), tmp_path) == (0, 2)


def test_more_than_one_class_of_a_box_can_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="layer 'd': an nms_threshold above 1 can't be written"):
        agreement(V3.format(n=1, c=16, more="nms_threshold: 1.5"), tmp_path)
