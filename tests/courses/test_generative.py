"""The generative lessons: their bounds by numpy, and what is left in the stage generate."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from layerzoo.data.datasets.digits import Digits
from layerzoo.net import Net
from tests.courses.lessons import COURSES, read_scores

SCORES = read_scores()
DRAWN = {"vae": ("image", (64, 1, 16, 16))}


def black_and_white(split: str) -> torch.Tensor:
    images, _ = Digits().load(split)
    large = functional.interpolate(torch.as_tensor(images), size=(16, 16), mode="bilinear")
    return (large > 0.5).double().flatten(1)


@pytest.mark.parametrize("name", DRAWN)
def test_stage_generate_needs_noise_alone(name: str) -> None:
    blob, shape = DRAWN[name]
    net = Net(COURSES / f"{name}.yaml", phase="TEST", stages=["generate"])
    with torch.no_grad():
        made = net()
    assert {key: tuple(value.shape) for key, value in made.items()} == {blob: shape}
    if len(shape) == 4:
        assert 0 <= float(made[blob].min()) < float(made[blob].max()) <= 1
    assert not any(layer.type_name in ("Dataset", "DrawnData") for layer in net.data_layers)


def test_vae_beats_pixels_that_know_nothing_of_each_other() -> None:
    mean = (black_and_white("train").sum(0) + 0.5) / (1437 + 1)
    test = black_and_white("test")
    bound = (test * mean.log() + (1 - test) * (1 - mean).log()).sum(1).mean()
    assert float(bound) == pytest.approx(-96, abs=0.5)  # as the lesson says
    assert min(SCORES["vae"]["runs"]["plain"]["scores"]) > float(bound) + 45
