"""Published nets run through the interface agree with recordings of Caffe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import layerzoo.pycaffe as caffe
from tests.net.test_conformance import FOLDER, TOLERANCE, _draw_params, _rng

SMALL = (
    "lenet.prototxt",
    "cifar10_quick.prototxt",
    "SqueezeNet_v1.1/deploy.prototxt",
    "mobilenet_deploy.prototxt",
)


def _case(end: str) -> dict[str, np.ndarray]:
    for file in FOLDER.glob("*.npz"):
        with np.load(file) as stored:
            if str(stored["path"]).endswith(end):
                return dict(stored)
    pytest.fail(f"no recording of {end}")


@pytest.mark.parametrize("end", SMALL)
def test_published_nets_agree_with_caffe(end: str, shared: Path) -> None:
    recorded = _case(end)
    net = caffe.Net(str(shared / "corpus" / str(recorded["path"])), caffe.TEST)
    _draw_params(net.net)
    for name in net.inputs:
        net.blobs[name].data[...] = _rng("in", name).standard_normal(net.blobs[name].shape, dtype="f4")
    net.forward()
    names = [key.removeprefix("out/") for key in recorded if key.startswith("out/")]
    assert len(names) > 5
    for name in names:
        blob = net.blobs[name].data
        assert blob.shape == tuple(recorded[f"shape/{name}"]), name
        picked = _rng("pick", name).integers(0, blob.size, min(200, blob.size))
        off = np.abs(blob.ravel()[picked] / recorded[f"scale/{name}"] - recorded[f"out/{name}"]).max()
        assert off <= TOLERANCE, name
