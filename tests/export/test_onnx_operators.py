"""Layers of detectors as operators of ONNX's standard: onnxruntime computes what they compute."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from layerzoo.errors import ExportError
from layerzoo.export import export_onnx
from layerzoo.export.onnx import run_onnx
from layerzoo.loader import parse_net
from layerzoo.net import Net

onnx = pytest.importorskip("onnx", reason="the extra 'onnx' is not installed")
pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")
pytest.importorskip("onnxscript", reason="the extra 'onnx' is not installed")


def inputs(**shapes: tuple[int, ...]) -> str:
    lines = []
    for name, shape in shapes.items():
        dims = " ".join(f"dim: {size}" for size in shape)
        lines.append(
            f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ shape {{ {dims} }} }} }}'
        )
    return "\n".join(lines)


def exported(text: str, given: dict[str, Tensor], path: Path) -> Net:
    net = Net(parse_net(text).message, "TEST", seed=1)
    assert export_onnx(net, path, given) < 1e-5
    return net


def agree(net: Net, path: Path, given: dict[str, Tensor]) -> list[Tensor]:
    with torch.no_grad():
        expected = list(net(**given).values())
    for right, other in zip(expected, run_onnx(path, given, net.outputs), strict=True):
        torch.testing.assert_close(other, right, rtol=1e-4, atol=1e-5)
    return expected


def operators(path: Path) -> set[str]:
    nodes = onnx.load(path).graph.node
    assert {node.domain for node in nodes} == {""}, "operators of the standard only"
    return {node.op_type for node in nodes}


def random(seed: int, *shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


SSD = (
    inputs(l=(2, 80), c=(2, 60), f=(2, 1, 4, 5), i=(2, 3, 40, 50))
    + """
layer { name: "p" type: "PriorBox" bottom: "f" bottom: "i" top: "p" prior_box_param { min_size: 20 } }
layer { name: "d" type: "DetectionOutput" bottom: "l" bottom: "c" bottom: "p" top: "d"
  detection_output_param { num_classes: 3 code_type: CENTER_SIZE confidence_threshold: 0.3 keep_top_k: 12
    nms_param { nms_threshold: 0.3 top_k: 15 FIELDS } } }
"""
)


def predictions(images: int, seed: int = 0) -> dict[str, Tensor]:
    zeros = {"f": torch.zeros(images, 1, 4, 5), "i": torch.zeros(images, 3, 40, 50)}
    return {"l": random(seed, images, 80) * 4 - 2, "c": random(seed + 1, images, 60), **zeros}


@pytest.mark.slow
def test_detections_of_any_number_of_images(tmp_path: Path) -> None:
    path = tmp_path / "ssd.onnx"
    net = exported(SSD.replace("FIELDS", ""), predictions(2), path)
    assert "NonMaxSuppression" in operators(path)
    for images in (1, 3):
        (rows,) = agree(net, path, predictions(images, seed=7))
        assert rows.shape[2] == 12 * images
    nothing = predictions(3) | {"c": torch.zeros(3, 60)}
    (rows,) = agree(net, path, nothing)
    assert rows[0, 0].tolist() == [[image, *[-1] * 6] for image in range(3)]


@pytest.mark.slow
def test_what_onnx_has_no_operator_for_is_refused(tmp_path: Path) -> None:
    net = Net(parse_net(SSD.replace("0.3 top_k", "0.8 eta: 0.9 top_k").replace("FIELDS", "")).message, "TEST")
    with pytest.raises(ExportError, match="NonMaxSuppression has one threshold; eta must be 1"):
        export_onnx(net, tmp_path / "ssd.onnx")


@pytest.mark.slow
def test_regions_are_pooled_by_onnxs_operators(tmp_path: Path) -> None:
    text = (
        inputs(x=(2, 12, 20, 25), r=(7, 5))
        + """
layer { name: "a" type: "ROIPooling" bottom: "x" bottom: "r" top: "a"
  roi_pooling_param { pooled_h: 3 pooled_w: 2 spatial_scale: 0.25 } }
layer { name: "b" type: "ROIPooling" bottom: "x" bottom: "r" top: "b"
  roi_pooling_param { pooled_h: 3 pooled_w: 2 spatial_scale: 0.25 pad_ratio: 0.5 } }
layer { name: "c" type: "ROIAlign" bottom: "x" bottom: "r" top: "c"
  roi_align_param { pooled_h: 3 pooled_w: 2 spatial_scale: 0.25 sampling_ratio: 2 } }
layer { name: "d" type: "ROIAlign" bottom: "x" bottom: "r" top: "d"
  roi_align_param { pooled_h: 3 pooled_w: 2 spatial_scale: 0.25 } }
layer { name: "e" type: "ROIAlign" bottom: "x" bottom: "r" top: "e"
  roi_pooling_param { pooled_h: 3 pooled_w: 2 spatial_scale: 0.25 } }
layer { name: "f" type: "PSROIPooling" bottom: "x" bottom: "r" top: "f"
  psroi_pooling_param { output_dim: 3 group_size: 2 spatial_scale: 0.25 } }
"""
    )

    def regions(count: int) -> Tensor:
        low = random(3, count, 2) * 80 - 5
        image = (torch.arange(count) % 2).float().unsqueeze(-1)
        return torch.cat((image, low, low + random(4, count, 2) * 60), -1)

    given = {"x": random(5, 2, 12, 20, 25), "r": regions(7)}
    exported(text, given, tmp_path / "regions.onnx")
    assert {"MaxRoiPool", "RoiAlign"} <= operators(tmp_path / "regions.onnx")


@pytest.mark.slow
def test_proposals_are_pooled_and_scored(tmp_path: Path) -> None:
    path = tmp_path / "proposals.onnx"
    text = (
        inputs(s=(1, 18, 8, 9), b=(1, 36, 8, 9), i=(1, 3), x=(1, 4, 8, 9))
        + """
layer { name: "p" type: "Proposal" bottom: "s" bottom: "b" bottom: "i" top: "p" top: "scores"
  proposal_param { feat_stride: 16 min_size: 16 pre_nms_topn: 300 post_nms_topn: 40 nms_thresh: 0.7 } }
layer { name: "q" type: "ROIPooling" bottom: "x" bottom: "p" top: "q"
  roi_pooling_param { pooled_h: 3 pooled_w: 2 spatial_scale: 0.0625 } }
layer { name: "ip" type: "InnerProduct" bottom: "q" top: "ip"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
"""
    )
    given = {
        "s": random(1, 1, 18, 8, 9),
        "b": random(2, 1, 36, 8, 9) - 0.5,
        "i": torch.tensor([[128.0, 144.0, 1.0]]),
        "x": random(3, 1, 4, 8, 9),
    }
    net = exported(text, given, path)
    assert {"NonMaxSuppression", "MaxRoiPool"} <= operators(path)
    tops = agree(net, path, given | {"s": random(9, 1, 18, 8, 9)})
    assert sorted(tuple(top.shape) for top in tops) == [(40,), (40, 4)]


@pytest.mark.slow
def test_detections_of_yolo(tmp_path: Path) -> None:
    path = tmp_path / "yolo.onnx"
    text = (
        inputs(x=(1, 24, 6, 6), y=(1, 40, 6, 6))
        + """
layer { name: "a" type: "Yolov3DetectionOutput" bottom: "x" top: "a" yolov3_detection_output_param {
  num_classes: 3 num_box: 3 biases: [10, 14, 23, 27, 37, 58] mask: [0, 1, 2] mask_group_num: 1
  anchors_scale: 32 confidence_threshold: 0.4 nms_threshold: 0.45 } }
layer { name: "b" type: "YoloDetectionOutput" bottom: "y" top: "b" yolo_detection_output_param {
  num_classes: 3 num_box: 5 biases: [1, 1, 2, 2, 3, 1, 1, 3, 4, 4] confidence_threshold: 0.4
  nms_threshold: 0.45 } }
"""
    )
    given = {"x": 4 * random(1, 1, 24, 6, 6) - 2, "y": 4 * random(2, 1, 40, 6, 6) - 2}
    net = exported(text, given, path)
    rows = agree(net, path, {"x": 4 * random(3, 1, 24, 6, 6) - 2, "y": 4 * random(4, 1, 40, 6, 6) - 2})
    assert all(5 < one.shape[2] < 108 for one in rows)
    (none, _) = agree(net, path, given | {"x": torch.full((1, 24, 6, 6), -9.0)})
    assert none.flatten().tolist() == [0, *[-1] * 6]
