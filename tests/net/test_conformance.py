"""Whole published nets, as the original Caffe ran them: shapes of blobs, and 200 values of each.

No weights are stored: params and inputs are drawn by the rule that the README beside the recordings gives.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from layerzoo.net import Net

FOLDER = Path(__file__).parents[1] / "data" / "conformance" / "nets"
TOLERANCE = 2e-3
LARGE = ("/vgg/", "resnet152", "resnet269", "resnet38a", "inception-resnet", "inception-v4")


def _cases() -> Iterator[object]:
    for file in sorted(FOLDER.glob("*.npz")):
        with np.load(file) as stored:
            path = str(stored["path"])
        marks = [pytest.mark.slow] if any(word in path for word in LARGE) else []
        yield pytest.param(file, id=path, marks=marks)


CASES = list(_cases())


def test_recordings_are_complete() -> None:
    assert len(CASES) == 54


@pytest.mark.parametrize("file", CASES)
def test_net_agrees_with_its_recording(file: Path, shared: Path) -> None:
    with np.load(file) as stored:
        recorded = dict(stored)
    net = Net(shared / "corpus" / str(recorded["path"]), device="meta").to_empty(device="cpu")
    _draw_params(net)
    inputs = {
        blob.name: torch.from_numpy(_rng("in", blob.name).standard_normal(blob.shape, dtype="f4"))
        for blob in net.graph.inputs
    }
    with torch.inference_mode():
        net(**inputs)
    names = [key.removeprefix("out/") for key in recorded if key.startswith("out/")]
    assert names
    for name in names:
        blob = net.blobs[name].numpy()
        assert blob.shape == tuple(recorded[f"shape/{name}"]), name
        picked = _rng("pick", name).integers(0, blob.size, min(200, blob.size))
        off = np.abs(blob.ravel()[picked] / recorded[f"scale/{name}"] - recorded[f"out/{name}"]).max()
        assert off <= TOLERANCE, name


@pytest.mark.parametrize("name", ["convolution", "lrn_channels", "pooling_max", "softmax"])
def test_layer_agrees_with_its_recording(name: str, shared: Path) -> None:
    """Published config, weights, input and Caffe's output of one layer."""
    case = shared / "weights" / "layer_cases" / f"layer_{name}.prototxt"
    weights = [case.with_suffix(".caffemodel")] if name == "convolution" else []
    net = Net(case, weights=weights, strict=True)
    wanted = np.load(case.with_suffix(".npy"))
    with torch.inference_mode():
        found = net(torch.from_numpy(np.load(case.with_name("blob.npy"))))["output"].numpy()
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= 1e-5 * np.abs(wanted).max()


def _rng(*key: object) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32("/".join(map(str, key)).encode()))


@torch.no_grad()
def _draw_params(net: Net) -> None:
    for layer, blobs in net.params.items():
        statistics = net.layer(layer).type_name == "BatchNorm"
        for index, blob in enumerate(blobs):
            rng, shape = _rng(layer, index), tuple(blob.shape)
            if statistics:  # as recorded: blob 1 is drawn after numbers for blob 0 from its own generator
                drawn = (rng.standard_normal(shape) * 0.1, rng.random(shape) + 0.5, np.ones(shape))[index]
            elif index == 0 and len(shape) > 1:
                drawn = rng.standard_normal(shape, dtype="f4") * np.sqrt(2 / np.prod(shape[1:]))
            elif index == 0:
                drawn = 1 + 0.2 * rng.standard_normal(shape)
            else:
                drawn = 0.1 * rng.standard_normal(shape)
            blob.copy_(torch.from_numpy(np.asarray(drawn)))
