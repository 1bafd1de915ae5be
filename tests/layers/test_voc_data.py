"""VOCData: images and boxes of a folder of XML files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.errors import ConfigError
from layerzoo.layers.voc_data import VOCData
from layerzoo.loader import parse_net
from layerzoo.net import Net


def written(folder: Path) -> Path:
    """Two images of 20 x 10 (width x height)."""
    for name, (label, right) in {"a": ("dog", 10), "b": ("cat", 20)}.items():
        Image.new("L", (20, 10)).save(folder / f"{name}.png")
        (folder / f"{name}.xml").write_text(
            f"<annotation><object><name>{label}</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>{right}</xmax>"
            "<ymax>5</ymax></bndbox></object></annotation>"
        )
    return folder


def layer(source: Path, fields: str) -> str:
    return (
        f'layer {{ name: "d" type: "VOCData" top: "x" top: "y" '
        f'voc_data_param {{ source: "{source}" {fields} }} '
        "transform_param { resize_param { height: 8 width: 8 } } }"
    )


def example(folder: Path) -> str:
    return layer(written(folder), "batch_size: 2")


def batch(text: str) -> tuple[np.ndarray, np.ndarray]:
    net = Net(parse_net(text).message, phase="TEST", seed=1)
    net()
    for one in net.data_layers:
        one.close()
    return net.blobs["x"].numpy(), net.blobs["y"].numpy()


def test_boxes_are_fractions_of_the_images(tmp_path: Path) -> None:
    x, y = batch(layer(written(tmp_path), "batch_size: 2"))
    assert x.shape == (2, 3, 8, 8)
    assert y[0, 0].tolist() == [[0, 2, 0, 0, 0, 0.5, 0.5, 0], [1, 1, 0, 0, 0, 1, 0.5, 0]]


def test_image_set_and_classes_select(tmp_path: Path) -> None:
    source = written(tmp_path)
    (tmp_path / "list.txt").write_text("b\n")
    _, y = batch(layer(source, f'batch_size: 1 image_set: "{tmp_path / "list.txt"}" target: YOLO_BOXES'))
    assert y[0, 0].tolist() == [0, 0.5, 0.25, 1, 0.5]
    net = parse_net(layer(source, 'batch_size: 1 class_name: "dog"')).message
    assert VOCData.class_names(net.layer[0]) == ["background", "dog"]


def test_faults(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be opened: No such file"):
        batch(layer(tmp_path / "none", "batch_size: 1"))
