"""A training pass of a YOLOv3 as its fork computes it: losses and gradients as recorded.

Params and the image are drawn by the rule of the README beside the recordings. The pass is in double
precision: in single precision rounding turns ReLUs on and off, which moves gradients by more than the
tolerance.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from layerzoo.loader import parse_net
from layerzoo.net import Net

CASE = Path(__file__).parents[1] / "data/conformance/forks/mobilenet_yolov3_lite_train.npz"


def _rng(*key: object) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32("/".join(map(str, key)).encode()))


@torch.no_grad()
def _draw_params(net: Net) -> None:
    for layer, blobs in net.params.items():
        statistics = net.layer(layer).type_name == "BatchNorm"
        for index, blob in enumerate(blobs):
            rng, shape = _rng(layer, index), tuple(blob.shape)
            if statistics:
                drawn = (rng.standard_normal(shape) * 0.1, rng.random(shape) + 0.5, np.ones(shape))[index]
            elif index == 0 and len(shape) > 1:
                drawn = rng.standard_normal(shape, dtype="f4") * np.sqrt(2 / np.prod(shape[1:]))
            elif index == 0:
                drawn = 1 + 0.2 * rng.standard_normal(shape)
            else:
                drawn = 0.1 * rng.standard_normal(shape)
            blob.copy_(torch.from_numpy(np.asarray(drawn)))


def test_training_pass_agrees_with_its_recording() -> None:
    with np.load(CASE) as stored:
        case = dict(stored)
    net = Net(parse_net(str(case["net"])), phase="TRAIN").double()
    _draw_params(net)
    image = _rng("in", "data").standard_normal((1, 3, 224, 224), dtype="f4")
    net(data=torch.from_numpy(image).double(), label=torch.from_numpy(case["in/label"]).double())
    for name, expected in zip(str(case["losses"]).split(), case["loss"][0], strict=True):
        assert net.blobs[name].item() == pytest.approx(expected, rel=2e-3)

    net.loss().backward()
    off = {}
    for key in (key.removeprefix("param_diff/") for key in case if key.startswith("param_diff/")):
        layer, _, index = key.rpartition("/")
        grad = net.params[layer][int(index)].grad
        values = np.zeros(1) if grad is None else grad.numpy().ravel()
        recorded = case[f"param_diff/{key}"]
        picked = _rng("pick", layer, index).integers(0, values.size, len(recorded))
        off[key] = np.abs(values[picked] / case[f"param_diff_scale/{key}"] - recorded).max()
    assert len(off) == 24
    assert {key: value for key, value in off.items() if not value <= 2e-2} == {}
