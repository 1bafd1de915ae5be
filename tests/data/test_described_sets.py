"""What data layers say of their sets."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from layerzoo.data.described_sets import class_names, set_name
from layerzoo.graph import Graph
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TEST, NetState

DIGITS = 'dataset_param { name: "digits" split: "test" batch_size: 2 }'


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("cat", "dog big"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(4):
            Image.new("RGB", (8, 8)).save(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


def graph(layer: str) -> Graph:
    return graph_of(parse_net(f'layer {{ name: "d" top: "x" top: "t" {layer} }}'), NetState(phase=TEST))


def test_named_set_has_its_classes_and_split() -> None:
    digits = graph(f'type: "Dataset" {DIGITS}')
    assert class_names(digits) == list("0123456789")
    assert set_name(digits) == "digits (test)"


def test_folder_has_its_folders_and_the_part_that_is_read(photos: Path) -> None:
    folder = f'type: "FolderData" folder_data_param {{ source: "{photos}" batch_size: 2 }}'
    assert class_names(graph(folder)) == ["cat", "dog big"]
    assert set_name(graph(folder)) == "photos"
    assert set_name(graph(f"{folder} reading_param {{ split: VAL val_share: 0.9 }}")) == "photos (val)"


def test_net_without_a_source_has_neither() -> None:
    empty = graph('type: "DummyData" dummy_data_param { shape { dim: 1 } shape { dim: 1 } }')
    assert (class_names(empty), set_name(empty)) == ([], "")
