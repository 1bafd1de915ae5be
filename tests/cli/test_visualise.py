"""``layerzoo visualise``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from layerzoo.cli.main import main
from layerzoo.data.datasets.digits import Digits
from layerzoo.visualise import Ascent, maximise
from layerzoo.zoo import load


@pytest.fixture
def seven(tmp_path: Path) -> Path:
    """A picture of the digit 7."""
    images, labels = Digits().load("test")
    pixels = images[int(np.argmax(labels == 7))][0]
    Image.fromarray(np.rint(pixels * 255).astype(np.uint8)).save(tmp_path / "seven.png")
    return tmp_path / "seven.png"


def test_visualise_draws_filters_and_activations(
    seven: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "looked"
    assert main(["visualise", "-zoo", "lenet-digits", str(seven), "-out", str(out)]) == 0
    assert capsys.readouterr().out == f"13 pictures -> {out / 'index.html'}\n"
    names = {path.name for path in out.iterdir()}
    assert {"filters-conv1.png", "filters-ip2.png", "activations-seven-001-conv1.png", "index.html"} <= names
    page = (out / "index.html").read_text()
    assert page.count("data:image/png;base64,") == 13
    assert "conv1 (Convolution): weight of 20 x 1 x 5 x 5" in page


def test_visualise_draws_the_layers_that_are_named(tmp_path: Path) -> None:
    out = tmp_path / "looked"
    assert main(["visualise", "-zoo", "lenet-digits", "-layer", "conv1,ip2", "-out", str(out)]) == 0
    assert {path.name for path in out.iterdir()} == {"filters-conv1.png", "filters-ip2.png", "index.html"}


def test_visualise_explains_a_class(seven: Path, tmp_path: Path) -> None:
    out = tmp_path / "looked"
    what = ["-what", "saliency,gradcam,occlusion", "-window", "6", "-stride", "3"]
    assert main(["visualise", "-zoo", "lenet-digits", str(seven), *what, "-out", str(out)]) == 0
    names = {"saliency-seven-7.png", "gradcam-pool2-seven-7.png", "occlusion-seven-7.png", "index.html"}
    assert {path.name for path in out.iterdir()} == names
    with Image.open(out / "occlusion-seven-7.png") as picture:
        shown = np.asarray(picture)
    assert shown[140, 140].tolist() == shown[149, 149].tolist(), "the image, enlarged tenfold"
    arguments = ["-what", "gradcam", "-layer", "conv1,conv2", "-class", "3", "-out", str(tmp_path / "three")]
    assert main(["visualise", "-zoo", "lenet-digits", str(seven), *arguments]) == 0
    found = {path.name for path in (tmp_path / "three").iterdir()}
    assert found == {"gradcam-conv1-seven-3.png", "gradcam-conv2-seven-3.png", "index.html"}


def test_visualise_finds_images_and_draws_the_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "looked"
    what = ["-what", "maximise,embeddings,confusion", "-steps", "40", "-seed", "3"]
    assert main(["visualise", "-zoo", "lenet-digits", *what, "-out", str(out)]) == 0
    names = {"maximise-ip2.png", "embeddings-pca-relu1.png", "confusion.png", "index.html"}
    assert {path.name for path in out.iterdir()} == names
    assert "no image raises" not in (out / "index.html").read_text()
    again = tmp_path / "again"
    arguments = ["-what", "maximise", "-layer", "ip2", "-steps", "40", "-seed", "3", "-out", str(again)]
    assert main(["visualise", "-zoo", "lenet-digits", *arguments]) == 0
    assert (again / "maximise-ip2.png").read_bytes() == (out / "maximise-ip2.png").read_bytes()


def test_images_that_maximise_a_class_are_of_that_class() -> None:
    lenet = load("lenet-digits")
    low, high = torch.zeros(1, 28, 28), torch.ones(1, 28, 28)
    for found in maximise(lenet.net, "ip2", range(10), (low, high), Ascent(steps=60)):
        assert next(lenet.guesses(found.image[None], 1))[0].index == found.unit


def test_class_that_is_unknown_is_named(seven: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["visualise", "-zoo", "lenet-digits", str(seven), "-what", "saliency", "-class", "77"]) == 2
    assert "no class '77'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-what", "filter"], "'filter' is not a kind of picture; did you mean 'filters'?"),
        (["-what", "activations"], "-what activations: IMAGE is required"),
        (["-what", "filters", "x.png"], "-what filters takes no IMAGE"),
        (["-window", "3"], "-window is of occlusion, which -what doesn't name"),
        (["-what", "maximise", "-unit", "a"], "'a' is not a list of numbers from 0, such as 0,3"),
        (["-what", "maximise", "-unit", "10"], "layer 'ip2' of net 'LeNet' has no unit 10"),
        (["-what", "maximise", "-samples", "9"], "-samples is of embeddings, which -what doesn't name"),
        (["-what", "embeddings", "-layer", "loss"], "expected a row for each sample"),
        (["-class", "3"], "-class is of saliency, gradcam, occlusion, which -what doesn't name"),
        (["-layer", "relu1"], "layer 'relu1' (ReLU) of net 'LeNet' has no filters"),
        (["-layer", "conv9"], "did you mean 'conv"),
    ],
)
def test_usage_errors(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["visualise", "-zoo", "lenet-digits", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_image_that_is_missing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "none.png"
    assert main(["visualise", "-zoo", "lenet-digits", str(path), "-what", "activations"]) == 4
    assert str(path) in capsys.readouterr().err


def test_net_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["visualise"]) == 2
    assert "-zoo, -run or -model is required" in capsys.readouterr().err


def test_data_of_the_pictures(seven: Path, tmp_path: Path) -> None:
    out = tmp_path / "looked"
    what = ["-what", "filters,activations,embeddings", "-samples", "50", "-figures"]
    assert main(["visualise", "-zoo", "lenet-digits", str(seven), *what, "-out", str(out)]) == 0
    figures = json.loads((out / "figures.json").read_text())["figures"]
    assert all((out / one["file"]).is_file() for one in figures)
    found = {(one["data"]["kind"], one["data"]["layer"]): one["data"] for one in figures}
    assert found["filters", "conv1"]["shape"] == [20, 1, 5, 5]
    assert sum(found["filters", "conv1"]["histogram"]) == 500
    assert found["activations", "prob"]["max"] > 0.9
    plane = found["embeddings", "relu1"]
    assert len(plane["places"]) == len(plane["labels"]) == plane["sheet"]["count"] == 50
    sheets = figures[-1]["sheets"]
    with Image.open(out / sheets[0]) as sheet:
        assert sheet.size == (32 * 28, 2 * 28)
