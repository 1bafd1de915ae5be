"""COCOData: images and boxes of annotations in COCO's format."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.errors import ConfigError
from layerzoo.layers.coco_data import COCOData
from layerzoo.loader import parse_net
from layerzoo.net import Net


def written(folder: Path) -> Path:
    """Two images of 20 x 10 (width x height), with one and two objects, and one without."""
    for name in "abc":
        Image.new("L", (20, 10)).save(folder / f"{name}.png")
    content = {
        "images": [
            {"id": number, "file_name": f"{name}.png", "height": 10, "width": 20}
            for number, name in enumerate("abc")
        ],
        "categories": [{"id": 90, "name": "dog"}, {"id": 4, "name": "cat"}],
        "annotations": [
            {"image_id": 0, "category_id": 90, "bbox": [0, 0, 10, 5]},
            {"image_id": 1, "category_id": 4, "bbox": [5, 5, 5, 5]},
            {"image_id": 1, "category_id": 90, "bbox": [0, 0, 20, 10], "iscrowd": 1},
        ],
    }
    (folder / "c.json").write_text(json.dumps(content))
    return folder / "c.json"


def layer(source: Path, fields: str, transform: str = "resize_param { height: 8 width: 8 }") -> str:
    return (
        f'layer {{ name: "d" type: "COCOData" top: "x" top: "y" '
        f'coco_data_param {{ source: "{source}" {fields} }} '
        f"transform_param {{ {transform} }} }}"
    )


def example(folder: Path) -> str:
    return layer(written(folder), "batch_size: 2")


def batch(text: str) -> tuple[np.ndarray, np.ndarray]:
    net = Net(parse_net(text).message, phase="TEST", seed=1)
    net()
    for one in net.data_layers:
        one.close()
    return net.blobs["x"].numpy(), net.blobs["y"].numpy()


def test_boxes_for_ssd(tmp_path: Path) -> None:
    x, y = batch(layer(written(tmp_path), "batch_size: 2"))
    assert x.shape == (2, 3, 8, 8)
    assert y.shape == (1, 1, 4, 8)
    assert y[0, 0].tolist() == [
        [0, 2, 0, 0, 0, 0.5, 0.5, 0],
        [-1] * 8,
        [1, 1, 0, 0.25, 0.5, 0.5, 1, 0],
        [1, 2, 1, 0, 0, 1, 1, 1],
    ]


def test_boxes_for_yolo_and_faster_rcnn(tmp_path: Path) -> None:
    source = written(tmp_path)
    _, y = batch(layer(source, "batch_size: 2 target: YOLO_BOXES"))
    assert y.shape == (2, 300, 5)
    assert y[:, 0].tolist() == [[1, 0.25, 0.25, 0.5, 0.5], [0, 0.375, 0.75, 0.25, 0.5]]
    assert not y[:, 1:].any(), "crowds are left out"
    _, y = batch(layer(source, "batch_size: 1 target: ROI_BOXES"))
    assert y.tolist() == [[0, 0, 3, 3, 2]] * 2


def test_boxes_are_cut_with_their_images(tmp_path: Path) -> None:
    _, y = batch(layer(written(tmp_path), "batch_size: 1", "crop_h: 10 crop_w: 10"))
    assert y[0, 0, 0].tolist() == [0, 2, 0, 0, 0, 0.5, 0.5, 0]


def test_images_without_objects_are_read_if_wanted(tmp_path: Path) -> None:
    _, y = batch(layer(written(tmp_path), "batch_size: 3 empty_images: true max_objects: 1"))
    assert y[0, 0, :, 0].tolist() == [0, 1, -1]


def test_class_names(tmp_path: Path) -> None:
    net = parse_net(layer(written(tmp_path), "batch_size: 1")).message
    assert COCOData.class_names(net.layer[0]) == ["background", "cat", "dog"]


def test_faults(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be opened: No such file"):
        batch(layer(tmp_path / "no.json", "batch_size: 1"))
    with pytest.raises(ConfigError, match="ROI_BOXES is of batches of one image"):
        batch(layer(written(tmp_path), "batch_size: 2 target: ROI_BOXES"))
