"""What nets answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.cli.main import main
from layerzoo.errors import ZooError
from layerzoo.studio.worker.answers import classify, detect, samples, segment


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """A picture with a red square."""
    pixels = np.full((96, 96, 3), 90, np.uint8)
    pixels[30:60, 20:50] = (220, 30, 30)
    Image.fromarray(pixels).save(tmp_path / "square.png")
    return tmp_path / "square.png"


def test_classify_gives_the_best_classes_and_faults(digit: Path, home: Path) -> None:
    rows = classify({"zoo": "lenet-digits"}, [str(digit), __file__], 3)
    assert rows[0]["guesses"][0]["label"] == "7"
    assert len(rows[0]["guesses"]) == 3
    assert rows[1]["guesses"] == []
    assert __file__ in rows[1]["error"]


def test_detect_gives_boxes_in_shares(shapes: Path, home: Path) -> None:
    (row,) = detect({"zoo": "ssd-shapes"}, [str(shapes)], 0.05)
    assert row["objects"]
    best = row["objects"][0]
    assert 0 <= best["left"] < best["right"] <= 1
    assert best["colour"].startswith("#")
    assert detect({"zoo": "ssd-shapes"}, [str(shapes)], 1.0)[0]["objects"] == []


def test_segment_writes_pictures_and_shares(shapes: Path, tmp_path: Path, home: Path) -> None:
    (row,) = segment({"zoo": "unet-shapes"}, [str(shapes)], str(tmp_path / "out"))
    assert sum(one["share"] for one in row["classes"]) == pytest.approx(1)
    assert row["classes"][0]["label"] == "background"
    for name in (row["file"], row["mask"]):
        with Image.open(tmp_path / "out" / name) as picture:
            assert picture.width == picture.height


def test_net_of_another_kind_refuses(digit: Path, home: Path) -> None:
    with pytest.raises(ZooError, match="finds no objects"):
        detect({"zoo": "lenet-digits"}, [str(digit)], 0.5)
    with pytest.raises(ZooError, match="takes images"):
        samples({"zoo": "lenet-digits"}, "", "text", "text", 3, 10)


def test_samples_of_a_table_are_classified_under_the_files_name(
    root: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    rows = [f"{size},{'flat' if size < 90 else 'house'}" for size in range(40, 140)]
    (root / "homes.csv").write_text("\n".join(["size,kind", *rows]) + "\n")
    assert main(["new", "homes", "-data", "homes.csv"]) == 0
    assert main(["train", "-solver", "homes/solver.yaml", "-set", "max_iter=20", "-gpu", "none"]) == 0
    (run,) = root.rglob("*.run")
    found = samples({"run": str(run)}, str(root / "homes.csv"), "", "mine.csv", 2, 5)
    assert len(found["rows"]) == 5
    assert found["rows"][0]["name"].startswith("mine.csv")
    assert {guess["label"] for guess in found["rows"][0]["guesses"]} == {"flat", "house"}
    assert found["notes"][-1] == "the first 5 samples"
