"""Weights of classes from the labels of the source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from layerzoo.errors import ConfigError, DataError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.net.class_weights import balanced_weights


def test_balanced_weights_by_hand() -> None:
    assert balanced_weights(np.array([0, 0, 0, 1]), 2) == pytest.approx([4 / 6, 2])
    assert balanced_weights(np.array([0, 0, 2]), 3) == pytest.approx([0.75, 1, 1.5])
    assert balanced_weights(np.array([0, 0, 9, 1]), 2, ignored=9) == pytest.approx([0.75, 1.5])
    with pytest.raises(DataError, match="label 2 is out of range; 0 to 1 exist"):
        balanced_weights(np.array([0, 2]), 2)


def photos(folder: Path, **counts: int) -> Path:
    for name, count in counts.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = np.full((8, 8, 3), 20 * number, np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


NET = """
layer:
- {{name: data, type: FolderData, top: [data, label], folder_data_param: {{source: "{train}", batch_size: 2}},
   include: {{phase: TRAIN}}}}
- {{name: data, type: FolderData, top: [data, label], folder_data_param: {{source: "{test}", batch_size: 2}},
   include: {{phase: TEST}}}}
- {{name: ip, type: InnerProduct, bottom: data, top: ip, inner_product_param: {{num_output: {classes}}}}}
- {{name: loss, type: SoftmaxWithLoss, bottom: [ip, label], loss_param: {{class_weights: {weights}}}}}
"""


def config(tmp_path: Path, classes: int = 2, weights: str = "AUTO") -> Path:
    paths = {
        "train": photos(tmp_path / "a", cat=3, dog=1),
        "test": photos(tmp_path / "b", cat=1, dog=1),
    }
    path = tmp_path / "net.yaml"
    path.write_text(NET.format(classes=classes, weights=weights, **paths))
    return path


def weights_of(net: Net) -> list[float]:
    return list(net.graph.layers[-1].param.loss_param.class_weights)


def test_auto_takes_the_labels_of_the_training_source(tmp_path: Path) -> None:
    path = config(tmp_path)
    train = Net(path, "TRAIN")
    assert weights_of(train) == pytest.approx([4 / 6, 2])
    assert weights_of(Net(path, "TEST")) == pytest.approx([4 / 6, 2]), "not those of the test source"
    assert weights_of(Net(path, "TEST", share=train)) == pytest.approx([4 / 6, 2])
    weights = train.layers["loss"].weighting.of_classes
    assert weights == pytest.approx([4 / 6, 2])


def test_a_list_is_taken_as_it_is(tmp_path: Path) -> None:
    path = config(tmp_path, weights="[1, 3]")
    assert weights_of(Net(path, "TRAIN")) == [1, 3]


def test_label_that_the_net_does_not_have_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="label 1 is out of range; 0 to 0 exist"):
        Net(config(tmp_path, classes=1), "TRAIN")


def test_auto_without_a_source_is_a_fault_at_its_place() -> None:
    text = """
    layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
    layer { name: "y" type: "Input" top: "y" input_param { shape { dim: 2 } } }
    layer { name: "loss" type: "SoftmaxWithLoss" bottom: "x" bottom: "y" loss_param { class_weights: AUTO } }
    """
    document = parse_net(text)
    with pytest.raises(ConfigError, match="class_weights: AUTO needs labels that come from a data layer"):
        Net(document, "TRAIN")
    assert torch.device("meta") == Net(document, "TRAIN", device="meta").device
