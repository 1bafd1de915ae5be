"""Inputs that look like real ones."""

from __future__ import annotations

import torch

from layerzoo.loader import parse_net
from layerzoo.migration.inputs import realistic
from layerzoo.net import Net

TEXT = """
layer {{ name: "data" type: "Input" top: "data"
  input_param {{ shape {{ dim: 2 dim: {} dim: 20 dim: 30 }} }} }}
layer {{ name: "more" type: "Input" top: "more" input_param {{ shape {{ dim: 2 dim: 7 }} }} }}
layer {{ name: "s" type: "Silence" bottom: "data" bottom: "more" }}
"""


def net(channels: int) -> Net:
    return Net(parse_net(TEXT.format(channels)))


def test_images_are_pictures_less_the_mean_and_others_noise() -> None:
    inputs = realistic(net(3), {})
    assert inputs["data"].shape == (2, 3, 20, 30)
    assert inputs["data"].min() >= -123
    assert inputs["data"].max() <= 255 - 104
    assert inputs["data"].std() > 20
    assert not torch.equal(inputs["data"][0], inputs["data"][1])
    assert 0 <= inputs["more"].min() < inputs["more"].max() <= 1
    assert torch.equal(inputs["data"], realistic(net(3), {})["data"])


def test_preprocessing_is_applied() -> None:
    plain = realistic(net(1), {"value_scale": 1.0})["data"]
    found = realistic(net(1), {"value_scale": 0.5, "mean_value": [4.0], "scale": 0.25})["data"]
    torch.testing.assert_close(found, (plain * 0.5 - 4) * 0.25)
