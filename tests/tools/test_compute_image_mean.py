import logging

import numpy as np
import pytest

from layerzoo.data.datum import write_datums
from layerzoo.data.mean import read_mean
from layerzoo.errors import DataError, LayerzooError
from layerzoo.schema import BlobProto
from layerzoo.tools.compute_image_mean import compute_image_mean, log_channel_means, write_mean
from layerzoo.tools.convert_imageset import Packing, convert_imageset


def test_compute_image_mean_agrees_with_caffe(data, tmp_path):
    images = data / "conformance" / "images"
    recorded = read_mean(images / "mean_of_3.binaryproto")
    for encoded in (False, True):
        packing = Packing(height=64, width=80, encode_type="png" if encoded else "")
        target = tmp_path / f"db{encoded}"
        convert_imageset(f"{images}/", images / "list.txt", target, packing)
        mean = compute_image_mean(target)
        assert mean.shape == recorded.shape == (3, 64, 80)
        assert abs(mean - recorded).mean() < 0.5
        assert abs(mean - recorded).max() <= 2


def test_compute_image_mean_by_hand(tmp_path, caplog):
    first = np.array([[[0, 10]], [[255, 3]]], np.uint8)
    second = np.array([[[2, 30]], [[255, 4]]], np.uint8)
    write_datums(tmp_path / "db", [first, second], [0, 1])
    mean = compute_image_mean(tmp_path / "db")
    assert mean.tolist() == [[[1, 20]], [[255, 3.5]]]
    write_mean(mean, tmp_path / "mean.binaryproto")
    blob = BlobProto.FromString((tmp_path / "mean.binaryproto").read_bytes())
    assert (blob.num, blob.channels, blob.height, blob.width, list(blob.data)) == (
        1,
        2,
        1,
        2,
        [1, 20, 255, 3.5],
    )
    with caplog.at_level(logging.INFO, "layerzoo"):
        log_channel_means(mean)
    assert caplog.messages == [
        "Number of channels: 2",
        "mean_value channel [0]: 10.5",
        "mean_value channel [1]: 129.25",
    ]


def test_compute_image_mean_of_floats(tmp_path):
    write_datums(tmp_path / "db", [np.full((1, 1, 1), v, np.float32) for v in (0.25, 0.75)], [0, 0])
    assert compute_image_mean(tmp_path / "db").tolist() == [[[0.5]]]


def test_compute_image_mean_refuses_different_sizes(tmp_path):
    write_datums(tmp_path / "db", [np.zeros((1, 2, 3), np.uint8), np.zeros((1, 3, 3), np.uint8)], [0, 0])
    with pytest.raises(DataError, match=r"record 1: 1 x 3 x 3 .* but the first is 1 x 2 x 3"):
        compute_image_mean(tmp_path / "db")


def test_write_mean_to_a_missing_folder(tmp_path):
    with pytest.raises(LayerzooError, match="can't be written"):
        write_mean(np.zeros((1, 1, 1), np.float32), tmp_path / "none" / "mean.binaryproto")
