"""Layers as OpenCV's importer, darknet or the forks' formulas computed them: values of the tops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from layerzoo.loader import parse_net
from layerzoo.net import Net

FOLDER = Path(__file__).parents[1] / "data" / "conformance" / "forks" / "opencv" / "layers"
TOLERANCE = 1e-4
NAMES = sorted(path.stem for path in FOLDER.glob("*.npz"))
OF_DARKNET = {"darknet_region"}
"""Recordings with darknet's ``cfg`` in place of a prototxt."""


def test_recordings_are_complete() -> None:
    assert len(NAMES) == 12
    assert set(NAMES) >= OF_DARKNET


@pytest.mark.parametrize("name", sorted({*NAMES} - OF_DARKNET))
def test_layer_agrees_with_its_recording(name: str) -> None:
    with np.load(FOLDER / f"{name}.npz") as stored:
        recorded = dict(stored)
    net = Net(parse_net(str(recorded["prototxt"])).message, "TEST")
    named = {key: torch.from_numpy(value) for key, value in recorded.items() if "/" in key}
    with torch.inference_mode():
        for key, value in named.items():
            kind, _, blob = key.partition("/")
            if kind == "param":
                layer, _, index = blob.rpartition("/")
                net.params[layer][int(index)].copy_(value)
        net(**{key.removeprefix("in/"): value for key, value in named.items() if key.startswith("in/")})
    tops = [key.removeprefix("out/") for key in named if key.startswith("out/")]
    assert tops
    for top in tops:
        torch.testing.assert_close(net.blobs[top], named[f"out/{top}"], rtol=TOLERANCE, atol=TOLERANCE)
