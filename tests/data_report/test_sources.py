"""The sources of a net's data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.data_report.sources import Source, as_bytes, folder_layers
from layerzoo.errors import DataError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from tests.data_report.photos import net_text, photo, photos, sources


def test_sources_of_both_phases_with_names_and_classes(tmp_path: Path) -> None:
    train, test = sources(net_text(photos(tmp_path), classes=3))
    assert (train.phase, test.phase) == ("TRAIN", "TEST")
    assert train.outputs == [(3, "loss", None)]
    assert train.names == ["cat", "dog"]
    assert [train.class_name(label) for label in (1, 2)] == ["dog", "2"]
    assert train.text == f"FolderData {tmp_path}"
    assert train.is_image
    assert (len(train.raw), len(test.raw)) == (12, 10)


def test_original_has_no_transforms_and_shown_undoes_mean_and_scale(tmp_path: Path) -> None:
    transform = "crop_size: 40, mean_value: [10, 20, 30], scale: 0.01"
    source = sources(net_text(photos(tmp_path), transform=transform))[0]
    wanted = photo(0)[..., ::-1].transpose(2, 0, 1)
    images, labels = source.original(0)
    np.testing.assert_array_equal(images[0], wanted)
    assert labels.tolist() == [0]
    order = source.order(3).indices(np.arange(12))
    assert sorted(order) == list(range(12))
    number = int(np.flatnonzero(order == 0)[0])
    fed, label = source.fed(number, 3)
    np.testing.assert_allclose(fed[0, 0], (wanted[0] - 10.0) * 0.01, rtol=1e-5)
    assert label.tolist() == [0]
    np.testing.assert_array_equal(source.shown(fed[0]), wanted)
    source.close()


def test_fed_is_what_a_run_with_that_seed_reads(tmp_path: Path) -> None:
    transform = "random_crop_param: {size: 16}, warp_param: {max_rotation: 20}, on_device: true"
    text = net_text(photos(tmp_path), transform=transform)
    net = Net(parse_net(text), "TRAIN", seed=7)
    source = sources(text)[0]
    for batch in range(3):
        net.clock.batch = batch
        tops = net.layers["data"]()
        for place in range(2):
            images, labels = source.fed(2 * batch + place, 7)
            np.testing.assert_array_equal(images[0], tops[0][place].numpy())
            assert labels[0] == tops[1][place]


def test_folder_is_a_source_by_itself(tmp_path: Path) -> None:
    layers = folder_layers(photos(tmp_path))
    both = [Source("TRAIN" if index == 0 else "TEST", param, "data") for index, param in enumerate(layers)]
    assert [len(source.layer.source) for source in both] == [12, 10]
    with pytest.raises(DataError, match="No such file"):
        folder_layers(tmp_path / "missing")


def test_as_bytes_rounds_and_limits() -> None:
    assert as_bytes(np.array([0, 0.5, 1, 2, -1.0]), 1.0).tolist() == [0, 128, 255, 255, 0]
    assert as_bytes(np.array([3, 300]), 255.0).tolist() == [3, 255]
