"""WebDataset: images in tar archives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.errors import ConfigError, DataError
from layerzoo.layers.web_dataset import WebDataset
from layerzoo.loader import parse_net
from layerzoo.net import Net
from tests.data.test_cifar import archive
from tests.data.test_tar_shards import shard


def layer(source: str, fields: str = "batch_size: 3") -> str:
    return (
        f'layer {{ name: "d" type: "WebDataset" top: "x" top: "y" web_dataset_param {{ source: "{source}" '
        f"{fields} }} transform_param {{ force_gray: true }} }}"
    )


def example(folder: Path) -> str:
    return layer(str(shard(folder / "a.tar", x=10, y=20)), "batch_size: 2")


def batch(text: str, phase: str = "TEST") -> tuple[np.ndarray, np.ndarray]:
    net = Net(parse_net(text).message, phase=phase, seed=1)
    net()
    for one in net.data_layers:
        one.close()
    return net.blobs["x"].numpy(), net.blobs["y"].numpy()


def test_archives_are_read_in_order(tmp_path: Path) -> None:
    shard(tmp_path / "s-0.tar", x=10, y=20)
    shard(tmp_path / "s-1.tar", z=30)
    x, y = batch(layer(f"{tmp_path}/s-{{0..1}}.tar"))
    assert x.shape == (3, 1, 2, 3)
    assert x[:, 0, 0, 0].tolist() == [10, 20, 30]
    assert y.tolist() == [0, 1, 0]
    x, _ = batch(layer(str(tmp_path)), "TRAIN")
    assert sorted(x[:, 0, 0, 0].tolist()) == [10, 20, 30]


def test_class_names_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("cat\ndog\n")
    text = layer(
        str(shard(tmp_path / "a.tar", x=10)), f'batch_size: 1 class_file: "{tmp_path / "names.txt"}"'
    )
    assert WebDataset.class_names(parse_net(text).message.layer[0]) == ["cat", "dog"]
    assert WebDataset.class_names(parse_net(layer("a.tar")).message.layer[0]) is None


def test_faults(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be opened: No such file"):
        batch(layer(str(tmp_path / "none.tar")))
    archive(tmp_path / "a.tar", {"readme.txt": b""}, "w")
    with pytest.raises((ConfigError, DataError), match="no images in the archives"):
        batch(layer(str(tmp_path / "a.tar")))
