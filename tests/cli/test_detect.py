"""``layerzoo detect``: what it prints and draws of the objects that a net finds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import layerzoo.zoo
from layerzoo.cli.main import main
from layerzoo.errors import DataError
from layerzoo.evaluation.overlays import colour
from layerzoo.zoo import ZooNet, regions
from layerzoo.zoo.regions import Detection
from tests.engine.small import small_net

FOUND = [Detection("cat", 1, 0.9, 0.1, 0.2, 0.5, 0.8), Detection("dog", 2, 0.25, 0, 0, 1, 1)]


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A white image, 40 x 80, in which every detector finds `FOUND`; images named bad can't be read."""

    def detect_each(
        net: object, images: Iterable[Path], threshold: float, batch_size: int
    ) -> Iterator[tuple[Path, list[Detection] | DataError]]:
        for path in images:
            kept = [one for one in FOUND if one.score >= threshold]
            yield path, DataError(f"{path}: no image") if path.stem == "bad" else kept

    monkeypatch.setattr(layerzoo.zoo, "load", lambda *_, **__: ZooNet(small_net()))
    monkeypatch.setattr(regions, "detect_each", detect_each)
    path = tmp_path / "pets.png"
    Image.new("RGB", (80, 40), "white").save(path)
    return path


def test_detect_prints_boxes_in_pixels(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detect", "-zoo", "any", str(image), "-threshold", "0.2"]) == 0
    assert capsys.readouterr().out == f"{image}\n    0.9000  cat  8 8 40 32\n    0.2500  dog  0 0 80 40\n"
    assert main(["detect", "-zoo", "any", str(image), "-threshold", "0.95"]) == 0
    assert capsys.readouterr().out == f"{image}\n  nothing\n"


def test_detect_prints_csv_and_json(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detect", "-zoo", "any", str(image), str(image.with_name("bad.png")), "-format", "csv"]) == 4
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        "image,label,index,score,left,top,right,bottom",
        f"{image},cat,1,0.9,8.0,8.0,40.0,32.0",
    ]
    assert "bad.png: no image" in printed.err
    assert main(["detect", "-zoo", "any", str(image), "-format", "json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["objects"] == [
        {"label": "cat", "index": 1, "score": 0.9, "box": [8.0, 8.0, 40.0, 32.0]}
    ]


def test_detect_draws_boxes(image: Path, tmp_path: Path) -> None:
    assert main(["detect", "-zoo", "any", str(image), str(image), "-out", str(tmp_path / "found")]) == 0
    assert sorted(path.name for path in (tmp_path / "found").iterdir()) == ["pets-2.png", "pets.png"]
    with Image.open(tmp_path / "found" / "pets.png") as picture:
        pixels = np.asarray(picture)
    assert pixels.shape == (320, 640, 3), "small pictures are enlarged"
    assert tuple(pixels[160, 64]) == colour(1)
