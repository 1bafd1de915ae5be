from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.errors import ExportError
from layerzoo.export import export_python
from layerzoo.functional.detection_source import HELPER, SOURCE
from layerzoo.loader import parse_net
from layerzoo.net import Net

NET = """
layer {{ name: "l" type: "Input" top: "l" input_param {{ shape {{ dim: 2 dim: {loc} }} }} }}
layer {{ name: "c" type: "Input" top: "c" input_param {{ shape {{ dim: 2 dim: 60 }} }} }}
layer {{ name: "f" type: "Input" top: "f" input_param {{ shape {{ dim: 2 dim: 1 dim: 4 dim: 5 }} }} }}
layer {{ name: "i" type: "Input" top: "i" input_param {{ shape {{ dim: 2 dim: 3 dim: 40 dim: 50 }} }} }}
layer {{ name: "p" type: "PriorBox" bottom: "f" bottom: "i" top: "p" prior_box_param {{ min_size: 20 }} }}
layer {{ name: "d" type: "DetectionOutput" bottom: "l" bottom: "c" bottom: "p" top: "d"
  detection_output_param {{ num_classes: 3 {fields} }} }}
"""


@pytest.mark.parametrize(
    ("loc", "fields"),
    [
        (80, "confidence_threshold: 0.1 nms_param { nms_threshold: 0.45 top_k: 10 } keep_top_k: 6"),
        (80, "code_type: CENTER_SIZE nms_param { nms_threshold: 0.8 eta: 0.9 }"),
        (80, "code_type: CORNER_SIZE variance_encoded_in_target: true background_label_id: 1"),
        (240, "share_location: false background_label_id: -1 confidence_threshold: -1 keep_top_k: 9"),
        (80, "confidence_threshold: 99"),
    ],
)
def test_source_agrees_with_the_layer(tmp_path: Path, loc: int, fields: str) -> None:
    net = Net(parse_net(NET.format(loc=loc, fields=fields)).message, "TEST")
    assert export_python(net, tmp_path / "net.py") < 1e-5


def test_source_is_one_function() -> None:
    scope: dict[str, object] = {"torch": torch}
    exec(SOURCE, scope)
    assert callable(scope[HELPER])


@pytest.mark.parametrize("fields", ["normalized_bbox: false"])
def test_other_dialects_can_not_be_written(tmp_path: Path, fields: str) -> None:
    net = Net(parse_net(NET.format(loc=80, fields=fields)).message, "TEST")
    with pytest.raises(ExportError, match="layer 'd': a DetectionOutput with"):
        export_python(net, tmp_path / "net.py")
