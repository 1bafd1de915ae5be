"""ImageSegData, as PSPNet's fork reads it, and labels under random transforms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.errors import ConfigError, DataError
from layerzoo.loader import parse_net
from layerzoo.net import Net, graph_of
from layerzoo.schema import NetState
from tests.layers.recorded_images import cases, compare

CASES = cases("images", "segdata_*")


@pytest.mark.parametrize("name", CASES)
def test_recorded_batches_agree(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(CASES) == 3
    compare("images", name, monkeypatch)


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """An image of 20 x 30 whose blue is the column times 8 and its red the row times 8, and its labels."""
    rows, columns = np.mgrid[:20, :30]
    pixels = np.stack((rows * 8, rows * 0, columns * 8), -1).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "i.png")
    Image.fromarray(((columns + rows) % 7).astype(np.uint8)).save(tmp_path / "l.png")
    (tmp_path / "list.txt").write_text("i.png l.png\n")
    return tmp_path / "list.txt"


def text(listed: Path, fields: str, transform: str = "", size: int = 8) -> str:
    return (
        f'layer {{ name: "d" type: "ImageSegData" top: "x" top: "y" top: "dim" image_data_param {{ source: '
        f'"{listed}" root_folder: "{listed.parent}/" batch_size: {size} {fields} }} '
        f"transform_param {{ {transform} }} }}"
    )


def example(folder: Path) -> str:
    for name in ("i.png", "l.png"):
        Image.new("L", (6, 5)).save(folder / name)
    (folder / "pairs.txt").write_text("i.png l.png\n")
    return text(folder / "pairs.txt", "label_type: PIXEL", "crop_size: 4", size=2)


def batch(listed: Path, fields: str, transform: str = "", size: int = 8) -> tuple[np.ndarray, ...]:
    net = Net(parse_net(text(listed, fields, transform, size)).message, phase="TRAIN", seed=1)
    net()
    for layer in net.data_layers:
        layer.close()
    return tuple(net.blobs[name].numpy() for name in ("x", "y", "dim"))


def test_labels_are_cut_and_mirrored_with_their_images(listed: Path) -> None:
    x, y, dim = batch(listed, "label_type: PIXEL", "crop_size: 12 mirror: true")
    columns, rows = x[:, 0] / 8, x[:, 2] / 8
    np.testing.assert_array_equal(y[:, 0], (columns + rows) % 7)
    assert len(np.unique(x[:, 0, 0, 0])) > 3
    mirrored = columns[:, 0, 0] > columns[:, 0, 1]
    assert 0 < mirrored.sum() < 8
    assert dim.tolist() == [[[[12, 12]]]] * 8


def test_scale_factors_change_images_and_labels(listed: Path) -> None:
    x, y, _ = batch(listed, "label_type: PIXEL", "scale_factors: 0.5 scale_factors: 2 crop_size: 40", 20)
    sizes = {int((labels != 255).sum()) for labels in y}
    assert sizes == {10 * 15, 40 * 40}
    assert set(np.unique(y).tolist()) == {0, 1, 2, 3, 4, 5, 6, 255}
    assert (x[y.repeat(3, 1) == 255] == 0).all()


def test_labels_of_whole_images_and_none(listed: Path) -> None:
    _, y, _ = batch(listed, "label_type: NONE ignore_label: 9")
    assert (y == 9).all()
    listed.write_text("i.png 4\n")
    _, y, dim = batch(listed, "")
    assert (y == 4).all()
    assert dim[0].tolist() == [[[20, 30]]]
    listed.write_text("i.png l.png\n")
    with pytest.raises(DataError, match=r"label 'l.png'; expected a number, or label_type: PIXEL"):
        batch(listed, "")


def test_resized_label_images_get_a_warning(listed: Path) -> None:
    net = parse_net(text(listed, "label_type: PIXEL new_height: 10 new_width: 10")).message
    warnings = [str(warning) for warning in graph_of(net, NetState(phase=1)).warnings]
    assert any("resize the label images bilinearly, as in the fork" in warning for warning in warnings)
    net = parse_net(text(listed, "label_type: NONE new_height: 10 new_width: 10")).message
    assert not graph_of(net, NetState(phase=1)).warnings


def test_faults(listed: Path) -> None:
    with pytest.raises(ConfigError, match="ImageSegData takes no mean_file"):
        batch(listed, "", 'mean_file: "m.npy"')
    with pytest.raises(ConfigError, match="new_height without new_width"):
        batch(listed, "new_height: 3")
    Image.new("L", (5, 5)).save(listed.parent / "l.png")
    with pytest.raises(DataError, match="the image is 20 x 30, its label image 5 x 5"):
        batch(listed, "label_type: PIXEL")
