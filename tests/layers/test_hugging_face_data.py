"""HuggingFaceData: a data set that the library datasets has saved to disk."""

from __future__ import annotations

from pathlib import Path

import datasets  # type: ignore[import-untyped]
import numpy as np
import pytest

from layerzoo.errors import ConfigError
from layerzoo.layers.hugging_face_data import HuggingFaceData
from layerzoo.loader import parse_net
from layerzoo.net import Net
from tests.data.test_hugging_face import made


def layer(source: Path, fields: str = "batch_size: 2") -> str:
    return (
        f'layer {{ name: "d" type: "HuggingFaceData" top: "x" top: "y" hugging_face_data_param '
        f'{{ source: "{source}" {fields} }} transform_param {{ force_gray: true }} }}'
    )


def example(folder: Path) -> str:
    made(10, 20).save_to_disk(str(folder / "d"))
    return layer(folder / "d")


def batch(text: str, phase: str = "TEST") -> tuple[np.ndarray, np.ndarray]:
    net = Net(parse_net(text).message, phase=phase, seed=1)
    net()
    for one in net.data_layers:
        one.close()
    return net.blobs["x"].numpy(), net.blobs["y"].numpy()


def test_rows_are_read_in_order(tmp_path: Path) -> None:
    text = example(tmp_path)
    x, y = batch(text)
    assert x[:, 0, 0, 0].tolist() == [10, 20]
    assert y.tolist() == [0, 1]
    assert HuggingFaceData.class_names(parse_net(text).message.layer[0]) == ["a", "b"]


def test_phases_read_their_splits(tmp_path: Path) -> None:
    both = datasets.DatasetDict({"train": made(10, 20), "validation": made(30, 40), "test": made(50, 60)})
    both.save_to_disk(str(tmp_path / "d"))
    text = layer(tmp_path / "d")
    assert sorted(batch(text, "TRAIN")[0][:, 0, 0, 0].tolist()) == [10, 20]
    assert batch(text)[0][:, 0, 0, 0].tolist() == [30, 40]
    chosen = text.replace("transform_param", "reading_param { split: TEST } transform_param")
    assert batch(chosen)[0][:, 0, 0, 0].tolist() == [50, 60]


def test_faults(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be opened: No such file"):
        batch(layer(tmp_path / "none"))
