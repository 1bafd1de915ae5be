"""Whole nets of Caffe's forks, as the forks and OpenCV ran them: values of blobs, and all detections."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from layerzoo.loader import parse_net
from layerzoo.net import Net
from tests.by_rule import draw_params, inputs_of, picked

FOLDER = Path(__file__).parents[1] / "data" / "conformance" / "forks"
TOLERANCE = 2e-3
LARGE = ("VGG", "vgg16", "PSPNet", "pspnet", "SENet")


def _cases() -> Iterator[object]:
    for file in sorted((*FOLDER.glob("nets/*.npz"), *FOLDER.glob("opencv/nets/*.npz"))):
        with np.load(file) as stored:
            path = str(stored["path"])
        marks = [pytest.mark.slow] if any(word in path for word in LARGE) else []
        yield pytest.param(file, id=f"{file.stem}-{path.rpartition(':')[2]}", marks=marks)


CASES = list(_cases())


def test_recordings_of_ssd_are_there() -> None:
    names = {case.values[0].stem for case in CASES}  # type: ignore[attr-defined]  # a ParameterSet
    assert names >= {"2dbf405b842d", "a6f6c8d6ce6e", "d518bd40ccda", "ssd_vgg16", "mobilenet_ssd_bn"}


def test_recordings_of_opencv_are_complete() -> None:
    """All that were made: OpenCV was given what it computes wrongly in a form that it computes rightly."""
    files = [case.values[0] for case in CASES]  # type: ignore[attr-defined]  # a ParameterSet
    assert len([file for file in files if file.parent.parent.name == "opencv"]) == 16


@pytest.mark.parametrize("file", CASES)
def test_net_agrees_with_its_recording(file: Path) -> None:
    with np.load(file) as stored:
        recorded = dict(stored)
    net = Net(parse_net(str(recorded["prototxt"])).message, "TEST")
    draw_params(net, recorded)
    with torch.inference_mode():
        net(**inputs_of(net, recorded))
    names = [key.removeprefix("out/") for key in recorded if key.startswith("out/")]
    assert names
    off = dict.fromkeys(names, np.inf)
    for name in names:
        blob = net.blobs[name].numpy()
        assert blob.shape == tuple(recorded[f"shape/{name}"]), name
        values = picked(blob, name) / recorded[f"scale/{name}"]
        off[name] = float(np.abs(values - recorded[f"out/{name}"]).max())
    for key, whole in recorded.items():
        kind, _, name = key.partition("/")
        if kind in ("whole", "rows"):
            blob = net.blobs[name].numpy()
            assert blob.size == whole.size, name
            values = blob.reshape(whole.shape)
            off[key] = float(np.abs(values - whole).max() / max(1.0, np.abs(whole).max()))
    assert {name: value for name, value in off.items() if not value <= TOLERANCE} == {}


def test_detector_agrees_with_its_recording(shared: Path) -> None:
    """A published face detector with its own weights: boxes and scores of each prior."""
    folder = shared / "weights" / "slim_320"
    net = Net(folder / "slim-320.prototxt", "TEST", weights=[folder / "slim-320.caffemodel"], strict=True)
    with np.load(shared / "conformance" / "forks" / "opencv" / "detectors" / "slim-320.npz") as stored:
        recorded = dict(stored)
    with torch.inference_mode():
        net(torch.from_numpy(recorded["in/data"]))
    for name in ("boxes", "scores"):
        found, wanted = net.blobs[name].numpy(), recorded[f"out/{name}"]
        assert found.shape == wanted.shape
        assert np.abs(found - wanted).max() <= TOLERANCE
    best = net.blobs["scores"][0, :, 1].max()
    assert best > 0.9, "there is a face in the picture"
