"""FolderData: images in a folder for each class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image

from layerzoo.errors import BatchError, ConfigError
from layerzoo.layers.folder_data import FolderData
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import LayerParameter


def draw(folder: Path, files: dict[str, int]) -> None:
    """Write images of one grey level each, by their names."""
    for name, grey in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((4, 6), grey, np.uint8)).save(folder / name)


def example(folder: Path) -> str:
    draw(folder / "photos", {"a/1.png": 1, "b/2.png": 2})
    return layer(folder / "photos")


def layer(source: Path, fields: str = "batch_size: 2", transform: str = "") -> str:
    return (
        f'layer {{ name: "d" type: "FolderData" top: "x" top: "y" folder_data_param {{ source: "{source}" '
        f"{fields} }} transform_param {{ {transform} }} }}"
    )


def batch(text: str, phase: str = "TEST") -> tuple[np.ndarray, np.ndarray]:
    net = Net(parse_net(text).message, phase=phase, seed=1)
    net()
    for one in net.data_layers:
        one.close()
    return net.blobs["x"].numpy(), net.blobs["y"].numpy()


def test_images_come_with_the_numbers_of_their_folders(tmp_path: Path) -> None:
    draw(tmp_path, {"dog/1.png": 50, "cat/2.png": 20, "cat/3.png": 30})
    x, y = batch(layer(tmp_path, "batch_size: 3", "force_gray: true"))
    assert x.shape == (3, 1, 4, 6)
    assert x[:, 0, 0, 0].tolist() == [20, 30, 50]
    assert y.tolist() == [0, 0, 1]


def test_train_shuffles_each_epoch(tmp_path: Path) -> None:
    draw(tmp_path, {f"a/{number:02}.png": number for number in range(20)})
    x, _ = batch(layer(tmp_path, "batch_size: 20", "force_gray: true"), "TRAIN")
    order = x[:, 0, 0, 0].tolist()
    assert sorted(order) == list(range(20))
    assert order != list(range(20))


def test_class_name_selects_folders(tmp_path: Path) -> None:
    draw(tmp_path, {"a/1.png": 1, "b/2.png": 2, "c/3.png": 3})
    _, y = batch(layer(tmp_path, 'batch_size: 2 class_name: "c" class_name: "a"'))
    assert y.tolist() == [0, 1]


def test_class_names_are_those_of_the_folders(tmp_path: Path) -> None:
    draw(tmp_path, {"dog/1.png": 1, "cat/2.png": 2})
    param = LayerParameter()
    text_format.Parse(f'folder_data_param {{ source: "{tmp_path}" }}', param)
    assert FolderData.class_names(param) == ["cat", "dog"]


def test_a_phase_reads_its_part(tmp_path: Path) -> None:
    draw(tmp_path, {"train/a/1.png": 1, "train/b/2.png": 2, "val/b/3.png": 3, "test/a/4.png": 4})
    text = layer(tmp_path, "batch_size: 2", "force_gray: true")
    assert sorted(batch(text, "TRAIN")[0][:, 0, 0, 0].tolist()) == [1, 2]
    x, y = batch(text)
    assert x[:, 0, 0, 0].tolist() == [3, 3]
    assert y.tolist() == [1, 1]


def test_split_chooses_the_part_of_a_divided_source(tmp_path: Path) -> None:
    draw(tmp_path, {"train/a/1.png": 1, "val/b/3.png": 3, "test/a/4.png": 4, "test/b/5.png": 5})
    for split, expected in (("TEST", [4, 5]), ("VAL", [3, 3]), ("TRAIN", [1, 1])):
        text = layer(tmp_path, "batch_size: 2", "force_gray: true")
        x, _ = batch(text.replace("transform_param", f"reading_param {{ split: {split} }} transform_param"))
        assert x[:, 0, 0, 0].tolist() == expected


def test_split_divides_a_source_by_paths(tmp_path: Path) -> None:
    draw(tmp_path, {f"a/{number:02}.png": number for number in range(40)})
    greys = []
    for split in ("TRAIN", "VAL", "TEST"):
        reading = f"reading_param {{ split: {split} val_share: 0.25 test_share: 0.25 }} transform_param"
        text = layer(tmp_path, "batch_size: 1", "force_gray: true").replace("transform_param", reading)
        net = Net(parse_net(text).message, phase="TEST", seed=1)
        (data,) = net.data_layers
        assert 3 < data.epoch_size < 30  # type: ignore[operator]
        for index in range(data.epoch_size):  # type: ignore[arg-type]
            greys.append(data.source.name(index))  # type: ignore[union-attr, operator]
    assert len(greys) == len(set(greys)) == 40


def test_images_of_two_sizes_name_the_fix(tmp_path: Path) -> None:
    draw(tmp_path, {"a/1.png": 1})
    Image.new("L", (9, 9)).save(tmp_path / "a" / "2.png")
    with pytest.raises(BatchError, match="resize_param or crop_size in transform_param"):
        batch(layer(tmp_path))
    x, _ = batch(layer(tmp_path, transform="resize_param { height: 5 width: 5 }"))
    assert x.shape == (2, 3, 5, 5)


def test_faults(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be opened: No such file"):
        batch(layer(tmp_path / "absent"))
    draw(tmp_path, {"a/1.png": 1})
    with pytest.raises(ConfigError, match="batch_size must be at least 1"):
        batch(layer(tmp_path, ""))
