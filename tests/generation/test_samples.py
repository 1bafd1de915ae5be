"""Samples of nets that generate, and their pictures."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.errors import ZooError
from layerzoo.generation.samples import are_images, as_image, as_pixels, draw_samples, grid
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.zoo.open_generating import GeneratingNet
from layerzoo.zoo.preprocessing import Preprocessing

NOISE = """
layer { name: "z" type: "DummyData" top: "z"
  dummy_data_param { shape { dim: 4 dim: 3 } data_filler { type: "gaussian" } } }
layer { name: "twice" type: "Power" bottom: "z" top: "twice" power_param { scale: 2 } }
"""


def generating(text: str, seed: int = 0) -> GeneratingNet:
    net = Net(parse_net(text), seed=seed)
    return GeneratingNet(net, net.outputs, "net", None)


def test_passes_give_other_samples_until_there_are_enough() -> None:
    found = draw_samples(generating(NOISE), 10)
    assert found.shape == (10, 3)
    assert len(np.unique(found)) == 30, "no pass repeats another"
    np.testing.assert_array_equal(draw_samples(generating(NOISE), 6), found[:6])
    assert not np.array_equal(draw_samples(generating(NOISE, 1), 10), found)
    assert found.std() == pytest.approx(2, rel=0.5)


def test_axis_counts_samples() -> None:
    found = draw_samples(generating(NOISE), 5, axis=1)
    assert found.shape == (5, 4)
    np.testing.assert_array_equal(found[:3], draw_samples(generating(NOISE), 4).T)
    with pytest.raises(ZooError, match=r"blob 'twice' of shape \(4, 3\) has no axis 2"):
        draw_samples(generating(NOISE), 5, axis=2)


def test_several_outputs_and_inputs_are_named() -> None:
    two = NOISE + 'layer { name: "b" type: "Power" bottom: "z" top: "b" }'
    with pytest.raises(ZooError, match="net generates b, twice; name one blob by -blob"):
        draw_samples(generating(two), 1)
    given = 'layer { name: "z" type: "Input" top: "z" input_param { shape { dim: 1 } } }'
    with pytest.raises(ZooError, match="from the input 'z'; a DummyData layer in the stage"):
        draw_samples(generating(given + 'layer { name: "p" type: "Power" bottom: "z" top: "p" }'), 1)


def test_pixels_are_those_that_the_preprocessing_took() -> None:
    """The inverse of preparing images, for grey and coloured ones."""
    rng = np.random.default_rng(0)
    how = Preprocessing(3, "BGR", (4, 5), mean_value=(104, 117, 123), scale=0.017)
    image = rng.integers(0, 256, (4, 5, 3), np.uint8)  # RGB
    blob = how([how.image(image[..., ::-1].transpose(2, 0, 1), "image")])
    np.testing.assert_array_equal(as_pixels(blob, how)[0], image)
    grey = Preprocessing(1, "GREY", (4, 5), value_scale=1 / 255)
    np.testing.assert_array_equal(as_pixels(np.full((1, 1, 4, 5), 0.2, np.float32), grey), 51)
    np.testing.assert_array_equal(as_pixels(np.full((1, 1, 4, 5), 1.7, np.float32), grey), 255)
    turned = Preprocessing(3, "RGB", (2, 2))
    blob = np.arange(3, dtype=np.float32).reshape(1, 3, 1, 1)
    assert as_pixels(blob, turned).tolist() == [[[[0, 1, 2]]]]


def test_pixels_without_a_preprocessing_span_all_levels() -> None:
    found = as_pixels(np.array([-1, 0, 1, 1], np.float32).reshape(1, 1, 2, 2), None)
    assert found.ravel().tolist() == [0, 128, 255, 255]
    assert found.shape == (1, 2, 2, 1)


def test_grid_has_all_images_in_rows() -> None:
    pixels = np.stack([np.full((60, 60, 1), level, np.uint8) for level in (10, 20, 30, 40, 50)])
    sheet = np.array(grid(pixels))
    assert sheet.shape == (2 * 62 + 2, 3 * 62 + 2)
    assert [sheet[30, 30 + 62 * n] for n in range(3)] == [10, 20, 30]
    assert [sheet[92, 30 + 62 * n] for n in range(3)] == [40, 50, 255]
    small = np.array(grid(np.full((1, 28, 28, 3), 7, np.uint8)))
    assert small.shape == (60, 60, 3), "enlarged twice"


def test_shapes_of_images() -> None:
    assert are_images(np.zeros((2, 1, 4, 4), np.float32))
    assert not are_images(np.zeros((2, 2, 4, 4), np.float32))
    assert not are_images(np.zeros((2, 16), np.float32))
    assert as_image(np.zeros((2, 3, 3), np.uint8)).size == (3, 2)
    assert torch.equal(torch.from_numpy(np.array(as_image(np.ones((2, 3, 1), np.uint8)))), torch.ones(2, 3))
