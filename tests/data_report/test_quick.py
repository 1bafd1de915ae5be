"""The part of the check that training runs by itself."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from layerzoo.data_report.quick import log_quick_check, quick_check, same_samples
from layerzoo.loader import parse_net
from layerzoo.net import Net
from tests.data_report.photos import net_text, photos, sources

DIGITS = """
layer {{ name: "d" type: "Dataset" top: "data" top: "label" include {{ phase: TRAIN }}
  dataset_param {{ name: "digits" batch_size: 9 }} }}
layer {{ name: "d" type: "Dataset" top: "data" top: "label" include {{ phase: TEST }}
  dataset_param {{ name: "digits" split: "{split}" batch_size: 100 shuffle: false }}
  transform_param {{ scale: 2 }} }}
layer {{ name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param {{ num_output: {classes} }} }}
layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" }}
"""


def test_good_data_has_no_lines(tmp_path: Path) -> None:
    assert quick_check(sources(DIGITS.format(split="test", classes=10))) == []
    assert quick_check(sources(net_text(photos(tmp_path)))) == []


def test_labels_out_of_range_and_empty_classes(tmp_path: Path) -> None:
    folder = photos(tmp_path)
    (line, other) = quick_check(sources(net_text(folder, classes=1)))
    text = "labels of 'data' (TRAIN) are not among the 1 classes of layer 'loss', such as 1"
    assert line == f"6 of 12 {text}"
    assert other.startswith("5 of 10 labels of 'data' (TEST)")
    assert quick_check(sources(net_text(folder, classes=4))) == [
        "2 of 4 classes have no samples in 'data' (TRAIN): 2, 3"
    ]


def test_one_source_for_training_and_test(tmp_path: Path) -> None:
    (line,) = quick_check(sources(DIGITS.format(split="train", classes=10)))
    assert line.startswith("'d' of TEST reads the samples of 'd' of TRAIN (Dataset digits train)")
    train, test = sources(net_text(photos(tmp_path)))
    assert not same_samples(train, test), "train and val of one folder"
    first, second = sources(DIGITS.format(split="test", classes=10))
    assert not same_samples(first, second)


def test_lines_are_logged_with_the_nets_own_layers(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    net = Net(parse_net(net_text(photos(tmp_path), classes=3)), "TRAIN")
    with caplog.at_level(logging.WARNING, "layerzoo"):
        log_quick_check([net])
    assert [record.getMessage() for record in caplog.records] == [
        "1 class has no samples in 'data' (TRAIN): 2"
    ]
    assert "source" in net.layers["data"].__dict__, "the source of the net is used, not opened twice"
