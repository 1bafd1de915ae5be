"""Data layers of forks, as recorded: nets over the images in ``tests/data/conformance/forks``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.loader import parse_net
from layerzoo.net import Net
from tests.conformance import FOLDER


def cases(folder: str, pattern: str) -> list[str]:
    return sorted(path.stem for path in (FOLDER / "forks" / folder).glob(f"{pattern}.npz"))


def compare(folder: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the passes of a recording: images within a grey level in the mean, labels within 1e-5."""
    path: Path = FOLDER / "forks" / folder
    with np.load(path / f"{name}.npz") as stored:
        case = dict(stored)
    monkeypatch.chdir(path)
    net = Net(parse_net(str(case["prototxt"])).message, phase=str(case["phase"]))
    passes = ("out/", "out2/") if folder == "annotated" else ("",)
    for start in passes:
        net()
        compared = 0
        for blob, got in net.blobs.items():
            want = case[start + blob]
            assert got.shape == want.shape
            declared = net.graph.shapes([net.graph.last[blob].index])[0]
            if folder == "images":
                assert tuple(got.shape) == tuple(declared)
            compared += 1
            if blob in ("x", "data"):
                scale = max(1.0, float(np.abs(want).max()) / 255)
                off = np.abs(got.numpy() - want) / scale
                assert off.mean() <= 1
                assert off.max() <= 3
            else:
                np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)
        assert compared == len(net.blobs) > 0
    for layer in net.data_layers:
        layer.close()
