"""Whole published nets of forks of Caffe, as the forks ran them: shapes of blobs, and 200 values of each.

No weights are stored: params and inputs are drawn by the rule that the README beside the recordings gives.
The text that was run is recorded too, so that no other file is needed.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from layerzoo.graph.model import Blob
from layerzoo.layer import LAYERS
from layerzoo.loader import parse_net
from layerzoo.net import Net

FOLDER = Path(__file__).parents[1] / "data" / "conformance" / "forks" / "nets"
TOLERANCE = 2e-3
WHOLE = "whole/"
LARGE = ("pspnet101", "darknet19", "fast-rcnn", "SE-ResNet-50", "VGGNet", "mobilenet_yolov3")


def _cases() -> list[Any]:
    cases = []
    for file in sorted(FOLDER.glob("*.npz")):
        with np.load(file) as stored:
            path = str(stored["path"])
        marks = [pytest.mark.slow] if any(word in path for word in LARGE) else []
        cases.append(pytest.param(file, id=path, marks=marks))
    return cases


CASES = _cases()


def test_recordings_are_complete() -> None:
    assert len(CASES) == 12


@pytest.mark.parametrize("file", CASES)
def test_net_agrees_with_its_recording(file: Path) -> None:
    with np.load(file) as stored:
        recorded = dict(stored)
    param = parse_net(str(recorded["prototxt"])).message
    missing = {layer.type for layer in param.layer if layer.type not in LAYERS}
    assert missing == set()
    net = Net(param, phase="TEST")
    _draw_params(net)
    inputs = {blob.name: _drawn_input(blob) for blob in net.graph.inputs}
    with torch.inference_mode():
        net(**inputs)
    names = [key.removeprefix("out/") for key in recorded if key.startswith("out/")]
    assert names
    detections = {layer.top[0] for layer in param.layer if layer.type.endswith("DetectionOutput")}
    off = {}
    for name in (name for name in names if name not in detections):  # their rows change places at ties
        blob = net.blobs[name].numpy()
        assert blob.shape == tuple(recorded[f"shape/{name}"]), name
        picked = _rng("pick", name).integers(0, blob.size, min(200, blob.size))
        off[name] = np.abs(blob.ravel()[picked] / recorded[f"scale/{name}"] - recorded[f"out/{name}"]).max()
    assert {name: value for name, value in off.items() if not value <= TOLERANCE} == {}
    for key in (key for key in recorded if key.startswith(WHOLE)):
        name = key.removeprefix(WHOLE)
        want, found = recorded[key], net.blobs[name].numpy()
        if name in detections:
            want, found = _sorted_rows(want), _sorted_rows(found)
        assert found.shape == want.shape, name
        assert np.abs(found - want).max() <= TOLERANCE * max(1, np.abs(want).max()), name


def _sorted_rows(detections: np.ndarray) -> np.ndarray:
    """The rows of detections in the order of their numbers, rounded so that rounding doesn't change it."""
    rows = detections.reshape(-1, detections.shape[-1])
    return rows[np.lexsort(rows.round(2).T[::-1])]


def _rng(*key: object) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32("/".join(map(str, key)).encode()))


def _drawn_input(blob: Blob) -> torch.Tensor:
    if blob.name == "rois":
        rows = range(blob.shape[0])
        return torch.tensor([[0, 10 + 9 * i, 12 + 7 * i, 90 + 13 * i, 110 + 11 * i] for i in rows]).float()
    return torch.from_numpy(_rng("in", blob.name).standard_normal(blob.shape, dtype="f4"))


@torch.no_grad()
def _draw_params(net: Net) -> None:
    for layer, blobs in net.params.items():
        kind = net.layer(layer).type_name
        for index, blob in enumerate(blobs):
            rng, shape = _rng(layer, index), tuple(blob.shape)
            if kind == "BN":
                normal = rng.standard_normal  # as recorded: all four are drawn from the generator of each
                scale, rest = 1 + 0.2 * normal(shape), [0.1 * normal(shape) for _ in range(2)]
                drawn = (scale, *rest, rng.random(shape) + 0.5)[index]
            elif kind == "BatchNorm":
                drawn = (rng.standard_normal(shape) * 0.1, rng.random(shape) + 0.5, np.ones(shape))[index]
            elif index == 0 and len(shape) > 1:
                drawn = rng.standard_normal(shape, dtype="f4") * np.sqrt(2 / np.prod(shape[1:]))
            elif index == 0:
                drawn = 1 + 0.2 * rng.standard_normal(shape)
            else:
                drawn = 0.1 * rng.standard_normal(shape)
            blob.copy_(torch.from_numpy(np.asarray(drawn)))
