"""DenseImageData, as SegNet's fork reads it, and labels under random transforms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.errors import ConfigError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from tests.layers.recorded_images import cases, compare

CASES = cases("images", "dense_*")


@pytest.mark.parametrize("name", CASES)
def test_recorded_batches_agree(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(CASES) == 2
    compare("images", name, monkeypatch)


def example(folder: Path) -> str:
    for name in ("i.png", "l.png"):
        Image.new("L", (6, 5)).save(folder / name)
    (folder / "pairs.txt").write_text("i.png l.png\n")
    return (
        f'layer {{ name: "d" type: "DenseImageData" top: "x" top: "y" dense_image_data_param {{ source: '
        f'"{folder / "pairs.txt"}" root_folder: "{folder}/" batch_size: 2 }} }}'
    )


def batch(folder: Path, fields: str, transform: str = "") -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.mgrid[:20, :30]
    Image.fromarray((rows * 8).astype(np.uint8)).save(folder / "i.png")
    Image.fromarray((columns + 100 * (rows > 9)).astype(np.uint8)).save(folder / "l.png")
    (folder / "list.txt").write_text("i.png l.png\n")
    net = Net(
        parse_net(
            f'layer {{ name: "d" type: "DenseImageData" top: "x" top: "y" dense_image_data_param {{ source: '
            f'"{folder / "list.txt"}" batch_size: 8 {fields} }} transform_param {{ {transform} }} }}'
        ).message,
        phase="TRAIN",
        seed=1,
    )
    net()
    for layer in net.data_layers:
        layer.close()
    return net.blobs["x"].numpy(), net.blobs["y"].numpy()


@pytest.mark.parametrize(
    ("fields", "transform"),
    [("crop_height: 12 crop_width: 10 mirror: true", ""), ("", "crop_h: 12 crop_w: 10 mirror: true")],
)
def test_labels_are_cut_and_mirrored_with_their_images(tmp_path: Path, fields: str, transform: str) -> None:
    x, y = batch(tmp_path, f"is_color: false {fields}", transform)
    assert x.shape == y.shape == (8, 1, 12, 10)
    np.testing.assert_array_equal(y > 99, x / 8 > 9)
    steps = np.unique(np.diff(y[:, 0, 0], axis=1))
    assert set(steps.tolist()) == {-1, 1}, "some are mirrored"
    assert len(np.unique(y[:, 0, 0, 0])) > 3


def test_mean_and_scale_leave_labels_alone(tmp_path: Path) -> None:
    x, y = batch(tmp_path, "", "mean_value: 8 scale: 0.5")
    assert x[0, :, 3, 0].tolist() == [8, 8, 8]
    assert y[0, 0, 3, :3].tolist() == [0, 1, 2]


def test_faults(tmp_path: Path) -> None:
    for one, other in (("new_height", "new_width"), ("crop_width", "crop_height")):
        with pytest.raises(ConfigError, match=f"{one} without {other}"):
            batch(tmp_path, f"{one}: 3")
