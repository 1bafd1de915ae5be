"""Objects and classes of pixels in images."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.errors import DataError, ZooError
from layerzoo.layer import LAYERS
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.zoo import ZooNet
from layerzoo.zoo.preprocessing import Preprocessing
from layerzoo.zoo.regions import Detection, detect_each, segment_each, uncropped

PIXELS = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 4 dim: 4 } } }
layer { name: "prob" type: "Softmax" bottom: "data" top: "prob" }
"""
ROWS = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 1 dim: 2 dim: 7 } } }
layer { name: "found" type: "Split" bottom: "data" top: "found" }
"""
COLOUR = Preprocessing(3, "RGB", (4, 4))


def pixels(*rows: tuple[int, int, int]) -> np.ndarray:
    """An image of four stripes of 1 pixel, in RGB."""
    return np.array(rows, np.uint8)[:, None].repeat(4, 1)


def test_segment_each_gives_the_class_of_the_highest_score() -> None:
    net = ZooNet(Net(parse_net(PIXELS)), ["red", "green", "blue"], COLOUR)
    stripes = pixels((9, 0, 0), (0, 9, 0), (0, 9, 1), (0, 0, 9))
    found = list(segment_each(net, [stripes, "gone.png", stripes], 2))
    assert found[0][1].mask.tolist() == [[0] * 4, [1] * 4, [1] * 4, [2] * 4]
    assert found[0][1].labels == {0: "red", 1: "green", 2: "blue"}
    assert isinstance(found[1][1], DataError)
    assert (found[2][1].mask == found[0][1].mask).all()


def test_net_without_scores_for_pixels_is_refused() -> None:
    net = ZooNet(Net(parse_net(PIXELS.replace("dim: 4 dim: 4", "dim: 1 dim: 1"))), [], COLOUR)
    with pytest.raises(ZooError, match=r"output 'prob' has shape \(1, 3, 1, 1\)"):
        segment_each(net, [])


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> ZooNet:
    """A net whose input is its list of detections."""
    monkeypatch.setattr(LAYERS["Split"], "gives_detections", True)
    return ZooNet(Net(parse_net(ROWS)), ["background", "cat"], Preprocessing(1, "GREY", (2, 7)))


def test_detect_each_sorts_and_limits(rows: ZooNet, monkeypatch: pytest.MonkeyPatch) -> None:
    given = torch.tensor(
        [
            [0, 1, 0.6, 0.1, 0.2, 0.3, 1.5],
            [1, 1, 0.9, 0, 0, 1, 1],
            [0, 1, 0.8, 0, 0, 0.5, 0.5],
            [1, 1, 0.4, 0, 0, 1, 1],
        ]
    )
    monkeypatch.setattr(ZooNet, "output", lambda *_: given.reshape(1, 1, 4, 7))
    image = np.zeros((2, 7), np.uint8)
    (_, first), (_, second) = detect_each(rows, [image, image])
    assert [(one.label, round(one.score, 3)) for one in first] == [("cat", 0.8), ("cat", 0.6)]
    assert first[1].bottom == 1  # clipped
    assert [round(one.score, 3) for one in second] == [0.9]


FLAT = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 1 dim: 2 dim: 7 } } }
layer { name: "flat" type: "Reshape" bottom: "data" top: "flat" reshape_param { shape { dim: 1 dim: -1 } } }
layer { name: "found" type: "Split" bottom: "flat" top: "found" }
"""


def test_detect_each_takes_one_image_at_a_time_where_the_net_mixes_them(
    rows: ZooNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def output(net: ZooNet, prepared: torch.Tensor, name: str) -> torch.Tensor:
        sizes.append(len(prepared))
        return torch.tensor([[0, 1, 0.9, 0, 0, 1, 1]])

    monkeypatch.setattr(ZooNet, "output", output)
    image = np.zeros((2, 7), np.uint8)
    flat = ZooNet(Net(parse_net(FLAT)), ["background", "cat"], rows.preprocessing)
    assert [len(found) for _, found in detect_each(rows, [image, image])] == [1, 0]
    assert [len(found) for _, found in detect_each(flat, [image, image])] == [1, 1]
    monkeypatch.setattr(LAYERS["Split"], "mixes_images", True)
    assert [len(found) for _, found in detect_each(rows, [image, image])] == [1, 1]
    assert sizes == [2, 1, 1, 1, 1]


def test_net_that_finds_no_objects_is_refused() -> None:
    with pytest.raises(ZooError, match="finds no objects: 0 of its outputs are lists of detections"):
        detect_each(ZooNet(Net(parse_net(PIXELS)), [], COLOUR), [])


def test_uncropped_takes_the_margin_into_account() -> None:
    how = Preprocessing(3, "BGR", (100, 200), crop_size=50)
    (one,) = uncropped([Detection("a", 1, 0.5, 0, 0, 1, 1)], how)
    assert (one.left, one.top, one.right, one.bottom) == (0.375, 0.25, 0.625, 0.75)
    assert uncropped([one], COLOUR) == [one]
