"""``layerzoo segment``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from layerzoo.cli.main import main
from layerzoo.loader import emit, parse_net
from layerzoo.net import Net
from layerzoo.zoo import publish
from layerzoo.zoo.describe import describe

NET = """
name: brightness
layer:
- {name: shapes, type: Dataset, top: [data, label],
   dataset_param: {name: shapes, split: test, batch_size: 2, size: 12, target: MASK}}
- {name: score, type: Convolution, bottom: data, top: score,
   convolution_param: {num_output: 5, kernel_size: 1}}
- {name: loss, type: SoftmaxWithLoss, bottom: [score, label], top: loss}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose zoo has ``brightness``: dark pixels are background, bright ones rings."""
    folder = tmp_path_factory.mktemp("zoo")
    document = parse_net(NET, format="yaml")
    (folder / "net.prototxt").write_text(emit(document.message, "prototxt"))
    net = Net(document, "TEST")
    weight, bias = net.params["score"]
    weight.data.zero_()
    weight.data[4] = 20
    bias.data = torch.tensor([30.0, -100, -100, -100, 0])
    net.save_weights(folder / "w.safetensors")
    entry = describe(folder / "net.prototxt", folder / "w.safetensors")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAYERZOO_HOME", str(folder))
        publish("brightness", {**entry.files, "weights.safetensors": folder / "w.safetensors"}, entry.facts)
    return folder


@pytest.fixture
def images(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with ``half.png``, 24 x 36, whose right third is white, and a file that is no image."""
    monkeypatch.setenv("LAYERZOO_HOME", str(home))
    pixels = np.zeros((24, 36, 3), np.uint8)
    pixels[:, 24:] = 255
    folder = tmp_path / "images"
    folder.mkdir()
    Image.fromarray(pixels).save(folder / "half.png")
    return folder


def test_segment_prints_shares_and_writes_pictures(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "found"
    assert main(["segment", "-zoo", "brightness", str(images), "-out", str(out)]) == 0
    assert capsys.readouterr().out == f"{images / 'half.png'}\n   66.67 %  background\n   33.33 %  ring\n"
    with Image.open(out / "half-mask.png") as picture:
        mask = np.asarray(picture)
    assert mask.shape == (12, 12)
    assert mask[0].tolist() == [0] * 8 + [4] * 4
    with Image.open(out / "half.png") as picture:
        assert picture.width > 36


@pytest.mark.parametrize("form", ["csv", "json"])
def test_segment_prints_other_formats(images: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    (images / "bad.png").write_bytes(b"no image")
    assert main(["segment", "-zoo", "brightness", str(images), "-format", form]) == 4
    printed = capsys.readouterr()
    assert "bad.png" in printed.err
    name = str(images / "half.png")
    if form == "csv":
        assert printed.out.splitlines() == [
            "image,label,index,share",
            f"{name},background,0,0.666667",
            f"{name},ring,4,0.333333",
        ]
    else:
        found = json.loads(printed.out)
        assert found["image"] == name
        assert [(one["label"], one["index"]) for one in found["classes"]] == [("background", 0), ("ring", 4)]
