"""MaskData: images and label images with the same names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.errors import ConfigError, DataError
from layerzoo.layers.mask_data import MaskData
from layerzoo.loader import parse_net
from layerzoo.net import Net


def written(folder: Path) -> Path:
    """Two images of 6 x 4 (width x height) with masks."""
    for name, value in (("a", 1), ("b", 2)):
        for inside, level in (("images", 100 * value), ("masks", value)):
            (folder / inside).mkdir(exist_ok=True)
            pixels = np.zeros((4, 6), np.uint8)
            pixels[:, :3] = level
            Image.fromarray(pixels).save(folder / inside / f"{name}.png")
    return folder


def layer(source: Path, fields: str = "batch_size: 2", transform: str = "force_gray: true") -> str:
    return (
        f'layer {{ name: "d" type: "MaskData" top: "x" top: "y" mask_data_param {{ source: "{source}" '
        f"{fields} }} transform_param {{ {transform} }} }}"
    )


def example(folder: Path) -> str:
    return layer(written(folder))


def batch(text: str, phase: str = "TEST") -> tuple[np.ndarray, np.ndarray]:
    net = Net(parse_net(text).message, phase=phase, seed=1)
    net()
    for one in net.data_layers:
        one.close()
    return net.blobs["x"].numpy(), net.blobs["y"].numpy()


def test_masks_come_with_their_images(tmp_path: Path) -> None:
    x, y = batch(layer(written(tmp_path)))
    assert x.shape == y.shape == (2, 1, 4, 6)
    np.testing.assert_array_equal(x, y * 100)
    assert y[:, 0, 0, 0].tolist() == [1, 2]


def test_masks_move_along(tmp_path: Path) -> None:
    transform = "force_gray: true mirror: true crop_size: 2 resize_param { height: 8 width: 12 }"
    x, y = batch(layer(written(tmp_path), "batch_size: 8", transform), "TRAIN")
    assert y.shape == (8, 1, 2, 2)
    np.testing.assert_array_equal(x > 50, y > 0)


def test_class_names_come_from_a_file(tmp_path: Path) -> None:
    net = parse_net(layer(written(tmp_path))).message
    assert MaskData.class_names(net.layer[0]) is None
    (tmp_path / "classes.txt").write_text("background\ncell\nwall\n")
    assert MaskData.class_names(net.layer[0]) == ["background", "cell", "wall"]
    (tmp_path / "other.txt").write_text("a\nb\n")
    net.layer[0].mask_data_param.class_file = str(tmp_path / "other.txt")
    assert MaskData.class_names(net.layer[0]) == ["a", "b"]


def test_black_and_white_masks_have_two_classes(tmp_path: Path) -> None:
    source = written(tmp_path)
    for name, level in (("a", 255), ("b", 0)):
        Image.fromarray(np.full((4, 6), level, np.uint8)).save(tmp_path / "masks" / f"{name}.png")
    text = layer(source, "batch_size: 2 binary: true")
    assert batch(text)[1].max(axis=(1, 2, 3)).tolist() == [1, 0]
    assert MaskData.class_names(parse_net(text).message.layer[0]) == ["background", "object"]
    written(tmp_path)
    with pytest.raises(DataError, match="values up to 1 alone; remove binary if they are numbers of classes"):
        batch(text)


def test_faults(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be opened: No such file"):
        batch(layer(tmp_path / "none"))
    with pytest.raises(ConfigError, match="can't be opened: No such file"):
        batch(layer(written(tmp_path), 'batch_size: 1 class_file: "none.txt"'))
